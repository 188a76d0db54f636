interface CatalogEntry {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
}

/** Every failure a client can see. A code is stable for ever; its title is for people. */
export const errorCatalog = {
  malformed_json: {
    status: 400,
    title: 'Malformed JSON',
    retryable: false,
  },
  unknown_parameter: {
    status: 400,
    title: 'Unknown query parameter',
    retryable: false,
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    retryable: false,
  },
  invalid_account_token: {
    status: 400,
    title: 'Link not valid any more',
    retryable: false,
  },
  invitation_invalid: {
    status: 400,
    title: 'Invitation not valid any more',
    retryable: false,
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication required',
    retryable: false,
  },
  invalid_credentials: {
    status: 401,
    title: 'Wrong email or password',
    retryable: false,
  },
  mfa_required: {
    status: 401,
    title: 'Second factor required',
    retryable: false,
  },
  invalid_mfa_code: {
    status: 401,
    title: 'Wrong code',
    retryable: false,
  },
  invalid_refresh_token: {
    status: 401,
    title: 'Log in again',
    retryable: false,
  },
  step_up_required: {
    status: 401,
    title: 'Prove once more who you are',
    retryable: false,
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    retryable: false,
  },
  no_organization: {
    status: 403,
    title: 'In no organization',
    retryable: false,
  },
  csrf_failed: {
    status: 403,
    title: 'Cross-site request refused',
    retryable: false,
  },
  email_unverified: {
    status: 403,
    title: 'Address not confirmed',
    retryable: false,
  },
  registration_closed: {
    status: 403,
    title: 'Invitation needed',
    retryable: false,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    retryable: false,
  },
  route_not_found: {
    status: 404,
    title: 'No such route',
    retryable: false,
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    retryable: false,
  },
  request_in_progress: {
    status: 409,
    title: 'The first request still runs',
    retryable: true,
  },
  slug_taken: {
    status: 409,
    title: 'Slug already in use',
    retryable: false,
  },
  identity_taken: {
    status: 409,
    title: 'Identity already linked',
    retryable: false,
  },
  not_deleted: {
    status: 409,
    title: 'Not deleted',
    retryable: false,
  },
  totp_already_enrolled: {
    status: 409,
    title: 'Second factor already set up',
    retryable: false,
  },
  totp_not_enrolled: {
    status: 409,
    title: 'No second factor set up',
    retryable: false,
  },
  api_key_expired: {
    status: 409,
    title: 'API key expired',
    retryable: false,
  },
  last_owner: {
    status: 409,
    title: 'The last owner',
    retryable: false,
  },
  already_member: {
    status: 409,
    title: 'Already a member',
    retryable: false,
  },
  wrong_state: {
    status: 409,
    title: 'Not possible in this state',
    retryable: false,
  },
  gone: {
    status: 410,
    title: 'Deleted',
    retryable: false,
  },
  precondition_failed: {
    status: 412,
    title: 'Changed since you read it',
    retryable: false,
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    retryable: false,
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    retryable: false,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key already used',
    retryable: false,
  },
  validation_failed: {
    status: 422,
    title: 'Invalid input',
    retryable: false,
  },
  precondition_required: {
    status: 428,
    title: 'If-Match required',
    retryable: false,
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    retryable: true,
  },
  internal: {
    status: 500,
    title: 'Internal error',
    retryable: false,
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    retryable: true,
  },
  deadline_exceeded: {
    status: 504,
    title: 'Took too long',
    retryable: true,
  },
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof errorCatalog;

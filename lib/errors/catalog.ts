interface CatalogEntry {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
}

const lasting = (status: number, title: string): CatalogEntry => ({ status, title, retryable: false });
const passing = (status: number, title: string): CatalogEntry => ({ status, title, retryable: true });

/** Every failure a client can see. A code is stable for ever; its title is for people. */
export const errorCatalog = {
  malformed_json: lasting(400, 'Malformed JSON'),
  unknown_parameter: lasting(400, 'Unknown query parameter'),
  invalid_cursor: lasting(400, 'Invalid cursor'),
  invalid_account_token: lasting(400, 'Link not valid any more'),
  invitation_invalid: lasting(400, 'Invitation not valid any more'),
  unauthenticated: lasting(401, 'Authentication required'),
  invalid_credentials: lasting(401, 'Wrong email or password'),
  mfa_required: lasting(401, 'Second factor required'),
  invalid_mfa_code: lasting(401, 'Wrong code'),
  invalid_refresh_token: lasting(401, 'Log in again'),
  step_up_required: lasting(401, 'Prove once more who you are'),
  forbidden: lasting(403, 'Not allowed'),
  no_organization: lasting(403, 'In no organization'),
  csrf_failed: lasting(403, 'Cross-site request refused'),
  email_unverified: lasting(403, 'Address not confirmed'),
  registration_closed: lasting(403, 'Invitation needed'),
  not_found: lasting(404, 'Not found'),
  route_not_found: lasting(404, 'No such route'),
  method_not_allowed: lasting(405, 'Method not allowed'),
  not_acceptable: lasting(406, 'No such media type'),
  request_in_progress: passing(409, 'The first request still runs'),
  slug_taken: lasting(409, 'Slug already in use'),
  identity_taken: lasting(409, 'Identity already linked'),
  not_deleted: lasting(409, 'Not deleted'),
  totp_already_enrolled: lasting(409, 'Second factor already set up'),
  totp_not_enrolled: lasting(409, 'No second factor set up'),
  api_key_expired: lasting(409, 'API key expired'),
  last_owner: lasting(409, 'The last owner'),
  already_member: lasting(409, 'Already a member'),
  wrong_state: lasting(409, 'Not possible in this state'),
  gone: lasting(410, 'Deleted'),
  precondition_failed: lasting(412, 'Changed since you read it'),
  body_too_large: lasting(413, 'Body too large'),
  unsupported_media_type: lasting(415, 'Unsupported media type'),
  idempotency_key_reused: lasting(422, 'Idempotency key already used'),
  validation_failed: lasting(422, 'Invalid input'),
  precondition_required: lasting(428, 'If-Match required'),
  rate_limited: passing(429, 'Too many requests'),
  internal: lasting(500, 'Internal error'),
  unavailable: passing(503, 'Temporarily unavailable'),
  deadline_exceeded: passing(504, 'Took too long'),
};

export type ErrorCode = keyof typeof errorCatalog;

import type { ErrorCode } from './catalog.ts';

/** What each failure means and what the client does about it: the text of the problem's docs page. */
export const errorExplanations: Record<ErrorCode, string> = {
  malformed_json:
    'The body is not JSON text in UTF-8, or has what cannot be read in one way and kept: two members of one name, a NUL, an unpaired surrogate, a number out of range, more than 64 levels. Nothing was read from it.',
  unknown_parameter: 'The operation has no such query parameter, or the parameter was sent twice.',
  invalid_cursor:
    'Cursors come from `nextCursor` of a previous page and belong to that list. Start again without one.',
  invalid_account_token:
    'The token of the mailed link is unknown, was used before or has expired. Ask for a new mail.',
  unauthenticated:
    'The access token or API key is missing, expired or not valid. Log in and send the token as `Authorization: Bearer`, or an API key as `X-API-Key`. Of several credentials only the first counts: `Authorization`, `X-API-Key`, cookie.',
  invalid_credentials:
    'No account matches this email and password. The answer is the same whether or not the account exists.',
  mfa_required:
    'The account has a second factor. Send the same request with `code`: six digits of the authenticator app, or a recovery code.',
  invalid_mfa_code:
    'The code is wrong, too old, or was used before; each works once. Wait for the next one of the authenticator app.',
  invalid_refresh_token:
    'The refresh token is unknown, was used before, or its session has ended. Log in again.',
  step_up_required:
    'The operation needs a proof of identity that is at most ten minutes old. Log in again, or step up the session.',
  forbidden:
    'Your role, or the scopes of your API key, do not include the permission that this operation declares.',
  no_organization:
    'The account was removed from its last organization. Whoever invites its address brings it back: register once more with that invitation.',
  csrf_failed:
    'Writes that authenticate by cookie must come from this site or an allowed origin. Use a bearer token elsewhere.',
  email_unverified:
    'The password is right, but nobody has followed the link in the mail yet. For a new link, ask for a new password.',
  registration_closed: 'Here only who was invited can register: send the token of the invitation along.',
  not_found: 'It does not exist, or you may not know that it does.',
  route_not_found: 'No operation has this path. The document at `/openapi.json` lists them all.',
  method_not_allowed: 'The path exists with other methods; the `Allow` header names them.',
  not_acceptable:
    'The operation answers in none of the media types that `Accept` leaves; `detail` names those it has. Nothing was done. Leave the header out, or send `*/*`.',
  invitation_invalid:
    'The token was used, replaced, revoked or has expired, was sent to another address than yours, or never existed. Ask for a new invitation.',
  request_in_progress:
    'A request with the same `Idempotency-Key` has not been answered yet. Repeat it after `Retry-After` to get its answer.',
  idempotency_key_reused:
    'The `Idempotency-Key` belongs to another request of the last 24 hours. Use a new key for a new request.',
  slug_taken: 'Another project of the organization has this slug. Choose another one.',
  identity_taken:
    'The identity of the other issuer is linked to an account, yours or another one. Unlink it there.',
  not_deleted: 'There is no deletion to undo: the project is there. Read it.',
  totp_already_enrolled:
    'The account has a second factor. To change the authenticator, remove it and enrol again.',
  totp_not_enrolled: 'The account has no second factor for this. Enrol, then confirm with a code.',
  api_key_expired: 'An API key that has expired gets no new secret. Create a new one.',
  last_owner: 'An organization keeps at least one owner. Make another member an owner first.',
  already_member: 'The person is in the organization already; change the role instead of inviting.',
  wrong_state:
    'What was asked for is not possible in the state the thing is in; `detail` names that. Read it again, and decide anew.',
  gone: 'It was deleted. A project can be restored for 30 days; later its id answers `not_found`.',
  precondition_failed:
    'The version in `If-Match` is not the current one. Read it again, merge and retry with the new `ETag`.',
  body_too_large: 'The request body exceeds the limit of this operation.',
  unsupported_media_type:
    'Send `Content-Type: application/json` (or `application/merge-patch+json` with PATCH, `application/x-ndjson` to import).',
  validation_failed: '`errors` names every field that breaks a rule, by JSON pointer.',
  precondition_required:
    'A full replace needs `If-Match` with the `ETag` you read, or `*` to overwrite whatever is there.',
  rate_limited:
    'The limit in `RateLimit-Policy` is used up, or wrong codes delay the next one. Wait for the seconds in `Retry-After`.',
  internal: 'Something failed that should not. The `requestId` finds it in our logs.',
  unavailable:
    'A part this operation depends on does not answer. Nothing was changed; retry after `Retry-After`.',
  deadline_exceeded:
    'The operation ran into its time limit. Whether a write took effect is unknown: read before you repeat it.',
};

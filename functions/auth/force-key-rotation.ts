import { forceKeyRotation } from '#lib/auth/force-key-rotation.ts';
import { RotateSigningKeysInput } from '#lib/auth/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';

export const handler = defineEndpoint(
  {
    id: 'forceKeyRotation',
    method: 'POST',
    path: '/api/v1/auth/signing-keys/rotate',
    summary: 'Begin the rotation of the signing keys now',
    access: { permission: 'signing_keys:rotate', stepUp: true },
    rateLimit: 'write',
    statements: 4,
    body: RotateSigningKeysInput,
    idempotent: answerOnce,
    response: { status: 204 },
  },
  ({ ctx, body }) => forceKeyRotation(ctx, body),
);

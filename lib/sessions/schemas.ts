import * as z from 'zod';
import { SecondFactorCode } from '#lib/totp/schemas.ts';

export const SessionTokens = z
  .object({
    accessToken: z.string().meta({
      description: 'JWT (RFC 9068) for `Authorization: Bearer`.',
      example: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
    }),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Seconds until the access token expires.', example: 900 }),
    refreshToken: z.string().meta({
      description: 'Works once: each refresh answers with the next one.',
      example: '01980000-0000-7000-8000-00000000000b.c2FtcGxl',
    }),
    refreshExpiresIn: z
      .int()
      .meta({ description: 'Seconds until the session ends, whatever happens.', example: 43200 }),
    csrfToken: z.string().meta({
      description: 'For the header `X-CSRF-Token` of writes that authenticate by cookie.',
      example: 'c2FtcGxl.c2ln',
    }),
  })
  .meta({ id: 'SessionTokens' });
export type SessionTokens = z.output<typeof SessionTokens>;

export const RefreshInput = z
  .strictObject({
    refreshToken: z
      .string()
      .max(200)
      .optional()
      .meta({ description: 'Left out by browsers, whose cookie has it; then `X-CSRF-Token` is needed.' }),
  })
  .meta({ id: 'RefreshInput' });
export type RefreshInput = z.output<typeof RefreshInput>;

export const StepUpInput = z
  .strictObject({
    password: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta({ description: 'Enough for an account without a second factor.' }),
    code: SecondFactorCode.optional(),
  })
  .refine(({ password, code }) => password !== undefined || code !== undefined, 'needs a password or a code')
  .meta({ id: 'StepUpInput' });
export type StepUpInput = z.output<typeof StepUpInput>;

export const SessionParams = z.object({ id: z.uuid().meta({ description: 'The id of the session.' }) });

export const Session = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid().meta({ description: 'The organization its tokens act in.' }),
    isCurrent: z.boolean().meta({ description: 'Whether this request belongs to it.' }),
    userAgent: z.string().meta({ example: 'Mozilla/5.0' }),
    sourceIp: z.string().meta({ example: '192.0.2.1' }),
    authenticationMethods: z
      .array(z.string().meta({ example: 'pwd' }))
      .meta({ description: 'As in `amr` (RFC 8176).' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().meta({ description: 'The last log-in or refresh.' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export const SessionList = z
  .object({ items: z.array(Session).meta({ description: 'The newest hundred that live.' }) })
  .meta({ id: 'SessionList' });
export type SessionList = z.input<typeof SessionList>;

export const RevokeSessionsQuery = z.object({
  except: z
    .literal('current')
    .optional()
    .meta({ description: '`current` keeps the session of this request.' }),
});
export type RevokeSessionsQuery = z.output<typeof RevokeSessionsQuery>;

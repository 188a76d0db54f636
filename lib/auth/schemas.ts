import * as z from 'zod';
import { Email } from '#lib/email.ts';
import { SecondFactorCode } from '#lib/totp/schemas.ts';
import { organizationRoles } from './permissions.ts';

export const LoginInput = z
  .strictObject({
    email: Email.meta({ example: 'demo@plinth.local' }),
    password: z.string().min(1).max(256).meta({ example: 'plinth-demo' }),
    code: SecondFactorCode.optional(),
  })
  .meta({ id: 'LoginInput' });
export type LoginInput = z.output<typeof LoginInput>;

export const CurrentUser = z
  .object({
    id: z.uuid(),
    email: Email,
    name: z.string().meta({ example: 'Ada Lovelace' }),
    isOperator: z.boolean(),
    organization: z.object({
      id: z.uuid(),
      name: z.string().meta({ example: 'Analytical Engines' }),
      role: z.enum(organizationRoles),
    }),
  })
  .meta({ id: 'CurrentUser' });
export type CurrentUser = z.output<typeof CurrentUser>;

export const Jwks = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string().meta({ example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }),
        kid: z.string().meta({ example: '01980000-0000-7000-8000-00000000000e' }),
        use: z.literal('sig'),
        alg: z.literal('EdDSA'),
      }),
    ),
  })
  .meta({ id: 'Jwks' });
export type Jwks = z.output<typeof Jwks>;

export const RotateSigningKeysInput = z
  .strictObject({
    isCompromised: z.boolean().meta({
      description:
        'Revokes the current key at once: within five minutes its tokens are refused everywhere. Otherwise the next key is published now and takes over in an hour; no token is refused.',
    }),
  })
  .meta({ id: 'RotateSigningKeysInput' });
export type RotateSigningKeysInput = z.output<typeof RotateSigningKeysInput>;

export const LinkIdentityInput = z
  .strictObject({
    accessToken: z.string().max(8_192).meta({ description: 'A valid access token of a trusted issuer.' }),
  })
  .meta({ id: 'LinkIdentityInput' });
export type LinkIdentityInput = z.output<typeof LinkIdentityInput>;

export const IdentityQuery = z.object({ issuer: z.string().max(500), subject: z.string().max(255) });
export type IdentityQuery = z.output<typeof IdentityQuery>;

export const Identity = z
  .object({
    issuer: z.string().meta({ example: 'https://issuer.example' }),
    subject: z.string().meta({ example: 'me' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Identity' });
export type Identity = z.input<typeof Identity>;

export const IdentityList = z.object({ items: z.array(Identity) }).meta({ id: 'IdentityList' });
export type IdentityList = z.input<typeof IdentityList>;

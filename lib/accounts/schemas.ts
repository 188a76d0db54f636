import * as z from 'zod';
import { Email } from '#lib/email.ts';
import { OrganizationName } from '#lib/organizations/schemas.ts';

// NIST SP 800-63B-4, 3.1.1.2: a password that may be the only factor has at least 15 characters, each code point counted
// as one; none is forbidden, and none required.
export const passwordCharacters = 15;

const Token = z.string().min(1).max(200).meta({ description: 'From the link in the mail.' });
const NewPassword = z.string().min(passwordCharacters).max(256).meta({
  description: 'Any 15 characters or more, spaces too, that are not among the first to be guessed.',
  example: 'correct horse battery staple',
});

export const RegisterInput = z
  .strictObject({
    email: Email,
    password: NewPassword,
    name: OrganizationName.meta({ example: 'Ada Lovelace' }),
    organizationName: OrganizationName.optional().meta({
      description: 'Of the organization that is founded; your name, when left out.',
      example: 'Analytical Engines',
    }),
    invitationToken: Token.optional().meta({
      description: 'Joins the organization of the invitation instead.',
    }),
  })
  .refine(
    ({ organizationName, invitationToken }) =>
      organizationName === undefined || invitationToken === undefined,
    { path: ['organizationName'], message: 'must be left out with an invitation' },
  )
  .meta({ id: 'RegisterInput' });
export type RegisterInput = z.output<typeof RegisterInput>;

export const VerifyEmailInput = z
  .strictObject({
    token: Token,
    password: z.string().min(1).max(256).meta({ description: 'The one you registered with.' }),
  })
  .meta({ id: 'VerifyEmailInput' });
export type VerifyEmailInput = z.output<typeof VerifyEmailInput>;

export const ForgotPasswordInput = z.strictObject({ email: Email }).meta({ id: 'ForgotPasswordInput' });
export type ForgotPasswordInput = z.output<typeof ForgotPasswordInput>;

export const ResetPasswordInput = z
  .strictObject({ token: Token, password: NewPassword })
  .meta({ id: 'ResetPasswordInput' });
export type ResetPasswordInput = z.output<typeof ResetPasswordInput>;

export const ChangePasswordInput = z
  .strictObject({ currentPassword: z.string().min(1).max(256), newPassword: NewPassword })
  .meta({ id: 'ChangePasswordInput' });
export type ChangePasswordInput = z.output<typeof ChangePasswordInput>;

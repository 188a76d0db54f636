import { accountLink } from '#lib/mail/account-link.ts';
import type { Mail } from '#lib/mail/queue-mail.ts';

// Nothing that a stranger typed, but the address, goes into these: else we would send texts of strangers to strangers.

export function verifyEmailMail(to: string, token: string): Mail {
  return {
    to,
    subject: 'Confirm your address',
    text: `Welcome to Plinth. Confirm that this address is yours, within 24 hours:

${accountLink('verify-email', token)}

If you did not register, ignore this mail: nobody can use the account without it.`,
  };
}

/** For who registers again, or was registered by somebody else: the link makes the account theirs either way. */
export function alreadyRegisteredMail(to: string, token: string): Mail {
  return {
    to,
    subject: 'You already have an account',
    text: `Somebody, probably you, tried to register this address with Plinth. It has an account already: log in with its password, or
choose a new one, within an hour:

${accountLink('reset-password', token)}

If it was not you, ignore this mail: nothing has changed.`,
  };
}

export function resetPasswordMail(to: string, token: string): Mail {
  return {
    to,
    subject: 'Choose a new password',
    text: `Somebody, probably you, asked for a new password. Choose it within an hour:

${accountLink('reset-password', token)}

If it was not you, ignore this mail: your password stays as it is.`,
  };
}

export function passwordChangedMail(to: string): Mail {
  return {
    to,
    subject: 'Your password was changed',
    text: 'The password of your Plinth account was changed. If it was not you, reset it now with "forgot password".',
  };
}

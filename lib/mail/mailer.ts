import { getConfig } from '#lib/config/get-config.ts';
import { createConsoleMailer } from './console-mailer.ts';
import type { Mail } from './queue-mail.ts';
import { createSesMailer } from './ses-mailer.ts';

/** Hands a mail over for delivery; throws when it was not taken, with a message that names neither recipient nor text. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** The mailer that MAILER names. */
export function createMailer(): Mailer {
  const { MAILER, MAIL_FROM } = getConfig();
  return MAILER === 'ses' ? createSesMailer(MAIL_FROM) : createConsoleMailer();
}

import type { Mailer } from './mailer.ts';

const rule = '-'.repeat(72);

/** Shows mails on the terminal instead of sending them: past the logger, which must not get their tokens. */
export function createConsoleMailer(): Mailer {
  return {
    async send({ to, subject, text }) {
      process.stdout.write(`\n${rule}\nMail to ${to}: ${subject}\n\n${text}\n${rule}\n\n`);
    },
  };
}

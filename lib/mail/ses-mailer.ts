import { AwsClient } from 'aws4fetch';
import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import type { Mailer } from './mailer.ts';

const timeoutMs = 5_000;

/** Sends through Amazon SES (API v2, SendEmail) in the region and with the role of the function. */
export function createSesMailer(from: string): Mailer {
  const { region, sesEndpoint, ...credentials } = getAwsEnvironment();
  // No retries here: the job has a longer breath.
  const client = new AwsClient({ ...credentials, service: 'ses', region, retries: 0 });
  return {
    async send({ to, subject, text }) {
      const response = await client.fetch(`${sesEndpoint}/v2/email/outbound-emails`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          FromEmailAddress: from,
          Destination: { ToAddresses: [to] },
          Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
        }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      // The message of SES names the recipient; its type does not.
      const type = response.headers.get('x-amzn-errortype')?.split(':')[0] ?? 'no type';
      await response.body?.cancel();
      if (!response.ok) throw new Error(`SES answers ${response.status} (${type})`);
    },
  };
}

function utf8(text: string) {
  return { Data: text, Charset: 'UTF-8' };
}

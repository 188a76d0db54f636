import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import { postToAws } from '#lib/outbound/post-to-aws.ts';
import type { Mailer } from './mailer.ts';

/** Sends through Amazon SES (API v2, SendEmail) in the region and with the role of the function. */
export function createSesMailer(from: string): Mailer {
  // Says at once what is missing.
  getAwsEnvironment();
  return {
    async send({ to, subject, text }) {
      const body = JSON.stringify({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
      });
      const path = '/v2/email/outbound-emails';
      const response = await postToAws('ses', { path, contentType: 'application/json', body });
      // The message of SES names the recipient; its type does not.
      const type = String(response.headers['x-amzn-errortype'] ?? 'no type').split(':')[0];
      if (response.status >= 300) throw new Error(`SES answers ${response.status} (${type})`);
    },
  };
}

function utf8(text: string) {
  return { Data: text, Charset: 'UTF-8' };
}

import { AwsV4Signer } from 'aws4fetch';
import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { ses } from '#lib/outbound/upstreams.ts';
import type { Mailer } from './mailer.ts';

/** Sends through Amazon SES (API v2, SendEmail) in the region and with the role of the function. */
export function createSesMailer(from: string): Mailer {
  const { region, sesEndpoint, ssmEndpoint: _, ...credentials } = getAwsEnvironment();
  return {
    async send({ to, subject, text }) {
      const body = JSON.stringify({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
      });
      const { url, method, headers } = await new AwsV4Signer({
        ...credentials,
        service: 'ses',
        region,
        url: `${sesEndpoint}/v2/email/outbound-emails`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }).sign();
      const response = await outbound(ses, { url, method, headers: Object.fromEntries(headers), body });
      // The message of SES names the recipient; its type does not.
      const type = String(response.headers['x-amzn-errortype'] ?? 'no type').split(':')[0];
      if (response.status >= 300) throw new Error(`SES answers ${response.status} (${type})`);
    },
  };
}

function utf8(text: string) {
  return { Data: text, Charset: 'UTF-8' };
}

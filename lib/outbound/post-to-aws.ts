import { AwsV4Signer } from 'aws4fetch';
import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import { outbound } from './outbound.ts';
import type { OutboundResponse } from './send-request.ts';
import { ses, sns } from './upstreams.ts';

const upstreams = { ses, sns };

/** Sends a signed request to a service of AWS, in the region and with the role of the function; answers as `outbound` does. */
export async function postToAws(
  service: keyof typeof upstreams,
  { path, contentType, body }: { path: string; contentType: string; body: string },
): Promise<OutboundResponse> {
  const { region, endpoints, ...credentials } = getAwsEnvironment();
  const { url, method, headers } = await new AwsV4Signer({
    ...credentials,
    service,
    region,
    url: `${endpoints[service]}${path}`,
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  }).sign();
  return outbound(upstreams[service], { url, method, headers: Object.fromEntries(headers), body });
}

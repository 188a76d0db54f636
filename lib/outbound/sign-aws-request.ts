import { createHash, createHmac } from 'node:crypto';

interface Scope {
  readonly region: string;
  readonly service: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The headers of a POST without query to an AWS service, signed (Signature Version 4). aws4fetch does it for every request, in ten times
 * the code, which all functions would carry.
 */
export function signAwsRequest(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { region, service, accessKeyId, secretAccessKey, sessionToken }: Scope,
  now: Date,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const sent: Record<string, string> = { ...headers, 'x-amz-date': time };
  if (sessionToken) sent['x-amz-security-token'] = sessionToken;
  const signed = Object.entries({ ...sent, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}`);
  const canonical = ['POST', url.pathname, '', ...lines, '', names, hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${secretAccessKey}`,
  );
  const signature = hmac(key, text).toString('hex');
  const credential = [accessKeyId, ...scope].join('/');
  sent.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return sent;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

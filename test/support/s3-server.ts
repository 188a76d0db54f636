import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

const accessKeyId = 'AKIDEXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const region = 'eu-central-1';
// As small as possible, so that a few objects are several pages.
const pageSize = 2;

/** What the buckets hold, by `bucket/key`. */
export const objects = new Map<string, Buffer>();
/** The next answers, in place of what was asked for. */
export const failures: { status: number; code: string }[] = [];

/**
 * The part of Amazon S3 that backups use. A request whose signature (Signature Version 4) or whose hash of the body is wrong gets 403, as
 * there. The environment of this process leads to it.
 */
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
  const path = decodeURIComponent(pathname.slice(1));
  const refuse = (status: number, code: string) =>
    response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  const failure = failures.shift();
  if (failure) return refuse(failure.status, failure.code);
  if (hash(body) !== request.headers['x-amz-content-sha256']) return refuse(400, 'XAmzContentSHA256Mismatch');
  if (!isSigned(request)) return refuse(403, 'SignatureDoesNotMatch');
  if (request.method === 'PUT') objects.set(path, body);
  if (request.method === 'DELETE') objects.delete(path);
  if (request.method !== 'GET') return response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
  if (searchParams.get('list-type') === '2') return response.end(list(path, searchParams));
  const object = objects.get(path);
  return object ? response.end(object) : refuse(404, 'NoSuchKey');
});

function list(bucket: string, query: URLSearchParams): string {
  const start = `${bucket}${query.get('prefix') ?? ''}`;
  const keys = [...objects.keys()].filter((key) => key.startsWith(start)).sort();
  const from = Number(query.get('continuation-token')?.replace('page=', '') ?? 0);
  const page = keys.slice(from, from + pageSize).map((key) => key.slice(bucket.length));
  const isCut = from + pageSize < keys.length;
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${page
    .map((key) => `<Contents><Key>${key}</Key></Contents>`)
    .join('')}${
    isCut ? `<NextContinuationToken>page=${from + pageSize}</NextContinuationToken>` : ''
  }</ListBucketResult>`;
}

function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const pattern = new RegExp(
    `^AWS4-HMAC-SHA256 Credential=${accessKeyId}/(\\d{8})/${region}/s3/aws4_request, SignedHeaders=([\\w;-]+), Signature=(\\w+)$`,
  );
  const [, day = '', signed = '', signature] = pattern.exec(String(headers.authorization)) ?? [];
  const [path, query = ''] = (url ?? '').split('?');
  const canonical = [
    method,
    path,
    query.split('&').sort().join('&'),
    ...signed.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ];
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical.join('\n'))].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const isComplete = ['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) =>
    signed.split(';').includes(name),
  );
  return isComplete && createHmac('sha256', key).update(text).digest('hex') === signature;
}

function hash(body: Buffer | string): string {
  return createHash('sha256').update(body).digest('hex');
}

await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
Object.assign(process.env, {
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

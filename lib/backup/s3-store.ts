import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import type { OutboundResponse } from '#lib/outbound/send-request.ts';
import { s3 } from '#lib/outbound/upstreams.ts';
import { StoreError } from './backup-error.ts';
import type { BackupStore } from './store.ts';

/** A prefix of a bucket, in the region and with the role of the function. S3 checks that what arrives is what was signed. */
export function createS3Store(bucket: string, prefix: string): BackupStore {
  const { region, endpoints, ...credentials } = getAwsEnvironment();
  const root = endpoints.s3 ? `${endpoints.s3}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`;
  const start = prefix === '' ? '' : `${prefix}/`;

  async function send(method: string, path: string, body?: Buffer): Promise<OutboundResponse> {
    const signed = await new AwsV4Signer({
      ...credentials,
      service: 's3',
      region,
      url: `${root}/${path}`,
      method,
      headers: { 'x-amz-content-sha256': sha256(body ?? '') },
    }).sign();
    const headers = Object.fromEntries(signed.headers);
    return outbound(s3, { url: signed.url, method, headers, isIdempotent: true, ...(body && { body }) });
  }

  return {
    async put(path, body) {
      assertDone('PUT', path, await send('PUT', start + path, body));
    },
    async get(path) {
      const response = await send('GET', start + path);
      if (response.status === 404 && codeOf(response) === 'NoSuchKey') return undefined;
      assertDone('GET', path, response);
      return response.body;
    },
    async list() {
      const paths: string[] = [];
      for (let token: string | undefined = ''; token !== undefined; ) {
        const after = token && `&continuation-token=${encodeURIComponent(token)}`;
        const query = `?list-type=2&prefix=${encodeURIComponent(start)}${after}`;
        const response = await send('GET', query);
        assertDone('LIST', prefix, response);
        const xml = response.text();
        for (const [, key = ''] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) paths.push(key.slice(start.length));
        token = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1];
      }
      return paths;
    },
    async remove(path) {
      assertDone('DELETE', path, await send('DELETE', start + path));
    },
  };
}

function assertDone(verb: string, path: string, response: OutboundResponse): void {
  if (response.status < 300) return;
  throw new StoreError(`S3 answers ${response.status} (${codeOf(response)}) to ${verb} ${path}`);
}

function codeOf(response: OutboundResponse): string {
  return /<Code>(\w+)<\/Code>/.exec(response.text())?.[1] ?? 'no code';
}

function sha256(body: Buffer | string): string {
  return createHash('sha256').update(body).digest('hex');
}

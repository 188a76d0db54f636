import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll } from 'vitest';

const identity = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session-token',
};
const region = 'eu-central-1';

/** How it fails instead of answering, one request after the other. */
type Fault = 'cut' | 'hang' | 'deny' | 'throttle' | 'break';

/**
 * SSM Parameter Store as far as GetParameters goes: with the signature checked by aws4fetch, which shares nothing with ours. Puts where it is,
 * and who asks, into the environment.
 */
export async function startParameterStore(values: Record<string, string>) {
  const store = { values, faults: [] as Fault[], fault: undefined as Fault | undefined, requests: 0 };
  const server = createServer(async (request, response) => {
    store.requests++;
    const body = Buffer.concat(await request.toArray()).toString();
    const fault = store.faults.shift() ?? store.fault;
    if (fault) fail(response, fault);
    else if (!(await isSigned(request.headers, body))) refuse(response, 400, 'InvalidSignatureException');
    else answer(response, store.values, JSON.parse(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  Object.assign(process.env, {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    AWS_SESSION_TOKEN: identity.sessionToken,
    AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  return store;
}

async function isSigned(headers: IncomingHttpHeaders, body: string): Promise<boolean> {
  const datetime = String(headers['x-amz-date']);
  const { headers: expected } = await new AwsV4Signer({
    ...identity,
    service: 'ssm',
    region,
    datetime,
    url: `http://${headers.host}/`,
    method: 'POST',
    headers: { 'content-type': String(headers['content-type']), 'x-amz-target': 'AmazonSSM.GetParameters' },
    body,
    allHeaders: true,
  }).sign();
  const sentAt = Date.parse(datetime.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  // So long it is good.
  return Math.abs(Date.now() - sentAt) < 300_000 && headers.authorization === expected.get('authorization');
}

function fail(response: ServerResponse, fault: Fault): void {
  if (fault === 'cut') response.destroy();
  if (fault === 'deny') refuse(response, 400, 'AccessDeniedException');
  if (fault === 'throttle') refuse(response, 400, 'ThrottlingException');
  if (fault === 'break') response.writeHead(500).end('<html>');
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: `com.amazonaws.ssm#${type}`, message: 'User: arn:… is not' }));
}

function answer(response: ServerResponse, values: Record<string, string>, asked: { Names: string[] }): void {
  if (asked.Names.length > 10) {
    refuse(response, 400, 'ValidationException');
    return;
  }
  const found = asked.Names.filter((name) => name in values);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(
    JSON.stringify({
      InvalidParameters: asked.Names.filter((name) => !found.includes(name)),
      Parameters: found.map((Name) => ({ Name, Type: 'SecureString', Value: values[Name], Version: 1 })),
    }),
  );
}

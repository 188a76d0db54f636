import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { createSesMailer } from '#lib/mail/ses-mailer.ts';

const redis = await startRedisEndpoint({ token: 'ses' });

const mail = { to: 'ada@example.com', subject: 'Grüße', text: 'Zeile 1\n\n✓ #token=geheim' };
const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}
let received: Received[] = [];
let answer = { status: 200, headers: {}, body: '{"MessageId":"1"}' };
let server: Server;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    received.push({ method: request.method, url: request.url, headers: request.headers, body });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  Object.assign(process.env, {
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: 'session-token',
    AWS_ENDPOINT_URL_SESV2: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});

afterAll(async () => {
  await redis.close();
  server.closeAllConnections();
  server.close();
});

/** The signature as the AWS documentation computes it (Signature Version 4). */
function signatureOf({ method, url, headers, body }: Received): string {
  const [, day, signed = ''] =
    /Credential=AKIDEXAMPLE\/(\d{8})\/eu-central-1\/ses\/aws4_request, SignedHeaders=([\w;-]+), /.exec(
      String(headers.authorization),
    ) ?? [];
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const names = signed.split(';');
  const canonical = [
    method,
    url,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    signed,
    hash(body),
  ];
  const scope = `${day}/eu-central-1/ses/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical.join('\n'))].join('\n');
  const key = [String(day), 'eu-central-1', 'ses', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secretKey}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

test('sends one signed SendEmail request with sender, recipient, subject and text', async () => {
  received = [];
  await createSesMailer('no-reply@example.com').send(mail);
  expect(received).toHaveLength(1);
  const [request] = received as [Received];
  expect(request).toMatchObject({ method: 'POST', url: '/v2/email/outbound-emails' });
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'x-amz-security-token': 'session-token',
  });
  expect(JSON.parse(request.body)).toEqual({
    FromEmailAddress: 'no-reply@example.com',
    Destination: { ToAddresses: ['ada@example.com'] },
    Content: {
      Simple: {
        Subject: { Data: 'Grüße', Charset: 'UTF-8' },
        Body: { Text: { Data: mail.text, Charset: 'UTF-8' } },
      },
    },
  });
  expect(request.headers.authorization).toContain(`Signature=${signatureOf(request)}`);
});

test('a refusal is an error with the type that SES gives, and without recipient, text or token', async () => {
  received = [];
  answer = {
    status: 400,
    headers: { 'x-amzn-errortype': 'MessageRejected:http://internal.amazon.com/' },
    body: '{"message":"Email address is not verified: ada@example.com"}',
  };
  await expect(createSesMailer('no-reply@example.com').send(mail)).rejects.toThrow(
    /^SES answers 400 \(MessageRejected\)$/,
  );
  answer = { status: 503, headers: {}, body: '' };
  await expect(createSesMailer('no-reply@example.com').send(mail)).rejects.toThrow('503 (no type)');
  expect(received, 'the job retries, not the mailer').toHaveLength(2);
});

test('without credentials it says what is missing', () => {
  const { AWS_ACCESS_KEY_ID } = process.env;
  delete process.env.AWS_ACCESS_KEY_ID;
  expect(() => createSesMailer('no-reply@example.com')).toThrow('AWS_ACCESS_KEY_ID');
  process.env.AWS_ACCESS_KEY_ID = AWS_ACCESS_KEY_ID;
});

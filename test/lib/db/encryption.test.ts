import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { Connection } from '#lib/db/connection.ts';
import { openClient } from '#lib/db/open-client.ts';
import { createSelfSignedCertificate } from '#test/support/self-signed-certificate.ts';

type Certificate = ReturnType<typeof createSelfSignedCertificate>;

/** Whether a server that is no database reads who logs in: it says that it has no TLS, or shows a certificate of its own. */
async function isHeard(query: string, certificate?: Certificate): Promise<boolean> {
  return (await hear(query, certificate)).includes('somebody');
}

/** What such a server reads. */
async function hear(query: string, certificate?: Certificate): Promise<string> {
  let heard = '';
  const listen = (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      heard = chunk.toString('latin1');
      socket.destroy();
    });
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      const asksForTls = first.readInt32BE(4) === 80_877_103;
      if (!asksForTls) socket.unshift(first);
      else socket.write(certificate ? 'S' : 'N');
      listen(asksForTls && certificate ? new TLSSocket(socket, { isServer: true, ...certificate }) : socket);
    });
  });
  await once(server.listen(0, 'localhost'), 'listening');
  const { port } = server.address() as AddressInfo;
  const settings = {
    url: `postgres://somebody@localhost:${port}/x${query}`,
    options: {},
    types: { parsers: {}, serializers: {} },
  };
  const connection = new Connection(settings, { connects: 0, errors: 0, discards: 0 });
  await expect(connection.send('select 1', [], false, 5_000)).rejects.toThrow();
  await connection.close(0);
  server.close();
  return heard;
}

test.each([
  ['', true, true],
  ['?sslmode=disable', true, true],
  ['?sslmode=prefer', true, true],
  ['?sslmode=require', false, true],
  ['?sslmode=verify-ca', false, false],
  ['?sslmode=verify-full', false, false],
])(
  'a database with "%s" is read on the way without TLS: %s, with any certificate: %s',
  async (query, plainly, anyhow) => {
    expect([await isHeard(query), await isHeard(query, createSelfSignedCertificate())]).toEqual([
      plainly,
      anyhow,
    ]);
  },
);

test('a file of authorities verifies what they have signed, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-'));
  const [ours, another] = [createSelfSignedCertificate(), createSelfSignedCertificate()];
  const file = join(folder, 'authorities of ours & others.pem');
  writeFileSync(file, ours.cert);
  const trusting = `sslrootcert=${encodeURIComponent(file)}`;
  for (const mode of ['require', 'verify-ca', 'verify-full']) {
    expect(await isHeard(`?${trusting}&sslmode=${mode}`, ours)).toBe(true);
    expect(await isHeard(`?sslmode=${mode}&${trusting}#x`, another)).toBe(false);
    expect(await isHeard(`?sslmode=${mode}&${trusting}`)).toBe(false);
  }
  expect(await isHeard('?sslmode=verify-full&sslrootcert=system', ours)).toBe(false);
  rmSync(folder, { recursive: true });
});

test('a file that is not there is named', () => {
  const url = 'postgres://somebody@localhost/x?sslmode=verify-full&sslrootcert=/nowhere/ca.pem';
  expect(() => openClient(url, {})).toThrow('/nowhere/ca.pem');
});

test('a server is sent no setting that it does not know', async () => {
  const heard = await hear('?sslmode=disable&sslrootcert=/nowhere/ca.pem&application_name=tested');
  expect(heard).toContain('tested');
  expect(heard).not.toContain('sslrootcert');
});

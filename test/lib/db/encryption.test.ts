import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { Connection } from '#lib/db/connection.ts';
import { createSelfSignedCertificate } from '#test/support/self-signed-certificate.ts';

/** Whether a server that is no database reads who logs in: it says that it has no TLS, or shows a certificate of its own. */
async function isHeard(query: string, certificate?: { key: string; cert: string }): Promise<boolean> {
  let heard = '';
  const hear = (socket: Socket) => {
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
      hear(asksForTls && certificate ? new TLSSocket(socket, { isServer: true, ...certificate }) : socket);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const settings = {
    url: `postgres://somebody@127.0.0.1:${port}/x${query}`,
    options: {},
    types: { parsers: {}, serializers: {} },
  };
  const connection = new Connection(settings, { connects: 0, errors: 0, discards: 0 });
  await expect(connection.send('select 1', [], false, 5_000)).rejects.toThrow();
  await connection.close(0);
  server.close();
  return heard.includes('somebody');
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

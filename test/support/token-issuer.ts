import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audience: string;
}

/** Another issuer whose tokens the service trusts, with its keys on a server of its own. */
export async function startTokenIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const body = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test' }] });
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    trusted: {
      issuer: 'https://issuer.example',
      jwksUrl: `http://127.0.0.1:${port}/`,
      audience: 'plinth',
    } satisfies TokenIssuer,
    privateJwk: privateKey.export({ format: 'jwk' }) as JsonWebKey,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

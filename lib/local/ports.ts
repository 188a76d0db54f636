import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { LocalSetupError } from './local-setup-error.ts';

/** Throws `LocalSetupError` when something listens on the port of 127.0.0.1. */
export async function assertPortFree(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  throw new LocalSetupError(
    `Port ${port} is in use: stop what listens there or start with PORT=${port + 1} npm start.`,
  );
}

export async function isPortFree(port: number): Promise<boolean> {
  try {
    await tryPort(port);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') return false;
    if (code === 'EACCES')
      throw new LocalSetupError(`You may not listen on port ${port}: choose one above 1023.`);
    throw error;
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  return tryPort(0);
}

async function tryPort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const found = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return found;
}

import { Socket } from 'node:net';

/** Where postgres.js would connect to: it has parsed the URL. */
export interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/**
 * Connects to the first host that answers; one that does not is given its share of `withinMs`, the last what the caller waits.
 * `opened` gets each socket before it connects, to be able to destroy it.
 */
export async function openSocket(
  address: Address,
  withinMs: number,
  opened: (socket: Socket) => void,
): Promise<Socket> {
  let failure: unknown;
  for (const [index, host] of address.host.entries()) {
    const target = { host, port: address.port[index] ?? 5432 };
    const socket = new Socket();
    opened(socket);
    const isLast = index === address.host.length - 1;
    const timer = isLast ? undefined : setTimeout(() => socket.destroy(), withinMs / address.host.length);
    try {
      await connect(socket, address.path ? { path: address.path } : target);
      // postgres.js reads the name to check a certificate against from here.
      return Object.assign(socket, target);
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(timer);
    }
  }
  throw failure;
}

function connect(socket: Socket, target: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: an error between two owners of the socket must not end the process. `close` follows each error.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the socket was closed')));
    socket.connect(target, resolve);
  });
}

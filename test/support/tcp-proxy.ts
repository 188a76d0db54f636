import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What happens to a connection: `pass` it through; `reset` it (RST) and each new one; `close` it (FIN) and each new one; `hang`: accept and
 * keep it, but forward nothing in either direction, as a frozen server or a black hole does; `refuse`: nobody listens.
 */
export type Fault = 'pass' | 'reset' | 'close' | 'hang' | 'refuse';

export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far. */
  connections(): number;
  /** What clients have sent so far, in packets. */
  packets(): number;
  /** Takes effect at once, on the connections there are as well. What `hang` held back is lost. */
  set(fault: Fault): Promise<void>;
  /** The connections there are stay open and carry nothing any more, as when a firewall forgets them; new ones are as `set` says. */
  forget(): void;
  close(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 in front of a server, that can fail in the ways a network does. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let fault: Fault = 'pass';
  let accepted = 0;
  let packets = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  // Besides those of the pairs: who got a FIN and has not closed its side.
  const clients = new Set<Socket>();
  const forgotten = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (client) => {
    accepted++;
    client.on('error', ignore);
    clients.add(client);
    client.on('close', () => clients.delete(client));
    if (fault === 'reset') return void client.resetAndDestroy();
    if (fault === 'close') return void client.resume().end();
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const forward = (from: Socket, to: Socket) => {
      from.on('data', (chunk) => fault !== 'hang' && !forgotten.has(client) && to.write(chunk));
      from.on('error', ignore);
      from.on('close', () => {
        // Nobody is told of it; the other side stays until there is another fault.
        if (fault === 'hang' || forgotten.has(client)) return;
        pairs.delete(pair);
        to.destroy();
      });
    };
    client.on('data', () => packets++);
    forward(client, upstream);
    forward(upstream, client);
    client.resume();
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const cut = (end: (socket: Socket) => void) => {
    for (const [client, upstream] of pairs) {
      end(client);
      upstream.destroy();
    }
    pairs.clear();
  };
  const stopListening = async () => {
    cut((socket) => socket.destroy());
    for (const client of clients) client.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    port,
    connections: () => accepted,
    packets: () => packets,
    async set(next) {
      if (fault === 'refuse' && next !== 'refuse') await listen(port);
      // A connection that lost bytes while hanging is of no use any more.
      if (fault === 'hang' && next !== 'hang') cut((socket) => socket.destroy());
      fault = next;
      if (next === 'reset') cut((socket) => socket.resetAndDestroy());
      if (next === 'close') cut((socket) => socket.end());
      if (next === 'refuse') await stopListening();
    },
    forget() {
      for (const [client, upstream] of pairs) {
        forgotten.add(client);
        upstream.destroy();
      }
      pairs.clear();
    },
    async close() {
      for (const client of forgotten) client.destroy();
      await stopListening();
    },
  };
}

// The other side went away: that is what the proxy is for.
function ignore(): void {}

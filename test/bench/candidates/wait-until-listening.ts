import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const attempts = 400;

/** Resolves when something listens on the port of this machine; throws after 20 s. */
export async function waitUntilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).once('error', () => resolve(false));
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

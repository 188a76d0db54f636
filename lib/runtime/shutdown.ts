import { getHost } from '#lib/config/get-host.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { markStopping } from './process-state.ts';

// Lambda kills 300 ms after SIGTERM when there is one internal extension, 500 ms with an external one.
export const shutdownMs = 250;

const closers = new Map<string, () => Promise<void>>();
let isWatching = false;

/**
 * Has SIGTERM close something before the process ends, within 250 ms; what is still open then, its other end finds closed. On Lambda
 * only: elsewhere who started the process ends it. Lambda sends SIGTERM only to functions with an extension, so nothing may need it.
 */
export function closeOnShutdown(name: string, close: () => Promise<void>): void {
  closers.set(name, close);
  if (isWatching || getHost() !== 'lambda') return;
  isWatching = true;
  process.once('SIGTERM', shutDown);
}

async function shutDown(): Promise<void> {
  markStopping();
  setTimeout(() => process.exit(0), shutdownMs);
  await Promise.all(
    [...closers].map(([name, close]) =>
      close().catch((error) => logger.warn('cannot be closed in order', { name, error: toError(error) })),
    ),
  );
  process.exit(0);
}

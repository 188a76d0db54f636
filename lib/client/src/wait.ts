/** Resolves after that time; rejects with the reason of the signal as soon as it is aborted. */
export function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return orAbort(passed, signal).finally(() => clearTimeout(timer));
}

/** The result, or as soon as the signal is aborted its reason; what others wait for as well goes on. */
export async function orAbort<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result;
  // Nobody else may be waiting for it, and Node ends a process for a failure that nobody hears of.
  result.catch(() => undefined);
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  return Promise.race([result, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

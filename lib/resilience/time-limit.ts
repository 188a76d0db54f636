import { AppError } from '#lib/errors/app-error.ts';

/** The result of `work`, or `unavailable` after `limitMs`; what the work does afterwards, a rejection included, concerns nobody. */
export async function withTimeLimit<T>(work: () => Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable', `${what} takes too long`)), limitMs);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

export interface RateWindow {
  readonly limit: number;
  readonly windowSeconds: number;
}

interface RateLimit {
  /** What may come at once. */
  readonly burst: RateWindow;
  /** What may go on. */
  readonly sustained: RateWindow;
  /**
   * While Redis is away each instance counts alone. `local`: up to the limit. `strict`: up to a fifth of it, then 503, as guessing and
   * sending mail must not grow with the number of instances.
   */
  readonly whenAway: 'local' | 'strict';
  /** Whether an address where the account was logged in lately is not held up by it. ADR 0017. */
  readonly isForStrangers?: true;
}

/** The named limits a route chooses from: requests per principal (user or API key, else address), in two windows. */
export const rateLimits = {
  read: {
    burst: { limit: 600, windowSeconds: 60 },
    sustained: { limit: 18_000, windowSeconds: 3600 },
    whenAway: 'local',
  },
  write: {
    burst: { limit: 120, windowSeconds: 60 },
    sustained: { limit: 3600, windowSeconds: 3600 },
    whenAway: 'local',
  },
  /** Password guessing: the slow hash costs us more than it costs the caller. An office shares one address. */
  login: {
    burst: { limit: 20, windowSeconds: 60 },
    sustained: { limit: 200, windowSeconds: 3600 },
    whenAway: 'strict',
  },
  /** A tab refreshes every quarter of an hour; an office shares one address. */
  refresh: {
    burst: { limit: 300, windowSeconds: 60 },
    sustained: { limit: 9000, windowSeconds: 3600 },
    whenAway: 'strict',
  },
  /** One account from all addresses, which bounds guesses from many of them; more than `login`, so that one address cannot use it up. */
  account: {
    burst: { limit: 30, windowSeconds: 60 },
    sustained: { limit: 300, windowSeconds: 3600 },
    whenAway: 'strict',
    isForStrangers: true,
  },
  /** Mails to one address that anybody can ask for. */
  mail: {
    burst: { limit: 4, windowSeconds: 300 },
    sustained: { limit: 5, windowSeconds: 3600 },
    whenAway: 'strict',
  },
  /**
   * All API keys from one address together, each at its own limit besides: a made-up key has a budget of its own, and costs a
   * statement to refuse.
   */
  address: {
    burst: { limit: 3000, windowSeconds: 60 },
    sustained: { limit: 90_000, windowSeconds: 3600 },
    whenAway: 'local',
  },
  /** Each invitation is a mail to an address of the caller's choice. */
  invite: {
    burst: { limit: 30, windowSeconds: 60 },
    sustained: { limit: 200, windowSeconds: 3600 },
    whenAway: 'strict',
  },
  /** Counted in the instance, without Redis: probes and pages that must answer whatever is down. */
  instance: {
    burst: { limit: 1200, windowSeconds: 60 },
    sustained: { limit: 36_000, windowSeconds: 3600 },
    whenAway: 'local',
  },
} as const satisfies Record<string, RateLimit>;

export type RateLimitName = keyof typeof rateLimits;

const windows = new Map<string, readonly RateWindow[]>(
  Object.entries(rateLimits).map(([policy, { burst, sustained }]) => [policy, [burst, sustained]]),
);

/** The burst window, then the sustained one. */
export function rateWindowsOf(policy: RateLimitName): readonly RateWindow[] {
  return windows.get(policy) ?? [];
}

/** One policy, and whose requests it counts. */
export interface Counter {
  readonly policy: RateLimitName;
  readonly principal: string;
}

/** Whether the policy refuses whoever asks; else somebody may be exempt, and the other counters count all the same. */
export function isBinding({ policy }: Counter): boolean {
  return !('isForStrangers' in rateLimits[policy]);
}

/** A counter after a request: of each window what is left, -1 when the request exceeds it, and when it ends. */
export interface Usage {
  readonly counter: Counter;
  readonly windows: readonly { readonly left: number; readonly resetMs: number }[];
}

export function isExceeded({ windows }: Usage): boolean {
  return windows.some(({ left }) => left < 0);
}

interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** The named limits a route chooses from: requests per principal (user, else address) and window. */
export const rateLimits = {
  read: { limit: 600, windowSeconds: 60 },
  write: { limit: 120, windowSeconds: 60 },
  /** Password guessing: the slow hash costs us more than it costs the caller. */
  login: { limit: 20, windowSeconds: 60 },
  /** A tab refreshes every quarter of an hour; an office shares one address. */
  refresh: { limit: 300, windowSeconds: 60 },
  /**
   * The same for one account from all addresses, which bounds guesses from many of them. A stranger can use it up, so that its owner
   * cannot log in for that minute; sessions go on.
   */
  account: { limit: 30, windowSeconds: 60 },
  /** Mails to one address that anybody can ask for. */
  mail: { limit: 5, windowSeconds: 3600 },
  /**
   * All API keys from one address together, each at its own limit besides: a made-up key has a budget of its own, and costs a
   * statement to refuse.
   */
  address: { limit: 3000, windowSeconds: 60 },
  /** Each invitation is a mail to an address of the caller's choice. */
  invite: { limit: 30, windowSeconds: 60 },
  /** Counted in the instance, without Redis: probes and pages that must answer whatever is down. */
  instance: { limit: 1200, windowSeconds: 60 },
} as const satisfies Record<string, RateLimit>;

export type RateLimitName = keyof typeof rateLimits;

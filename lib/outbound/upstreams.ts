import { getConfig } from '#lib/config/get-config.ts';
import type { BreakerSettings } from '#lib/resilience/circuit-breaker-window.ts';

/** Another service, declared once. */
export interface Upstream {
  /** Of its circuit breaker, too. */
  readonly name: string;
  /** Of one attempt, from the DNS query to the last byte. */
  readonly timeoutMs: number;
  /** After the first attempt, of calls that say they are idempotent, as far as the budget of retries goes. */
  readonly retries: number;
  /**
   * `public`: only addresses that the internet routes, by https: whatever a user may name. `any`: private ones too, for what only the
   * operator configures.
   */
  readonly network: 'public' | 'any';
  readonly largestBodyBytes: number;
  /** How many redirects are followed; each is checked as the first address was. */
  readonly redirects: number;
  readonly breaker: BreakerSettings;
}

const breaker = { windowMs: 30_000, failureShare: 0.5, backOffMs: 5_000, longestBackOffMs: 300_000 };

/** Amazon SES. Any network: a VPC endpoint of it has a private address. The job that sends mails retries, with a longer breath. */
export const ses: Upstream = {
  name: 'ses',
  timeoutMs: 5_000,
  retries: 0,
  network: 'any',
  largestBodyBytes: 64 * 1024,
  redirects: 0,
  // A batch of mails is ten calls at once.
  breaker: { ...breaker, minimumCalls: 10, probeMs: 6_000 },
};

/**
 * The keys of a token issuer that the operator trusts. Any network: it may run beside us, as Keycloak does. One breaker a host, so that
 * an issuer that is down keeps nobody from logging in by another one.
 */
export function tokenIssuer(issuer: string): Upstream {
  return {
    name: `token-issuer-${new URL(issuer).host}`,
    timeoutMs: 1_500,
    retries: 1,
    network: 'any',
    largestBodyBytes: 256 * 1024,
    redirects: 0,
    // Keys are asked for every ten minutes an instance: more calls than a few only come when they fail.
    breaker: { ...breaker, minimumCalls: 4, probeMs: 2_500 },
  };
}

/** The names of all circuit breakers. */
export function breakerNames(): string[] {
  const issuers = getConfig().AUTH_EXTERNAL_ISSUERS.map(({ issuer }) => tokenIssuer(issuer).name);
  return [...new Set([ses.name, ...issuers])];
}

import { getConfig } from '#lib/config/get-config.ts';
import { type Limits, type Send, sendRequest } from './send-request.ts';

/** Another service, declared once. */
export interface Upstream extends Limits {
  /** Of its circuit breaker, too. */
  readonly name: string;
  /** Of one attempt, from the DNS query to the last byte. */
  readonly timeoutMs: number;
  /** After the first attempt, of calls that say they are idempotent, as far as the budget of retries goes. */
  readonly retries: number;
  /** `sendRequest` follows no redirect; `following(3)` follows three. */
  readonly send: Send;
  /** With fewer calls in half a minute, failures open no circuit breaker. */
  readonly minimumCalls: number;
}

/** Amazon SES. Any network: a VPC endpoint of it has a private address. The job that sends mails retries, with a longer breath. */
export const ses: Upstream = {
  name: 'ses',
  timeoutMs: 5_000,
  retries: 0,
  network: 'any',
  largestBodyBytes: 64 * 1024,
  send: sendRequest,
  // A batch of mails: ten calls at once.
  minimumCalls: 10,
};

/** Amazon SNS, like SES. */
export const sns: Upstream = { ...ses, name: 'sns' };

/** Amazon S3, where backups are kept. Any network: a VPC endpoint of it has a private address. */
export const s3: Upstream = {
  name: 's3',
  // A segment of a backup, 8 MB, at 2 Mbit/s.
  timeoutMs: 40_000,
  retries: 3,
  network: 'any',
  largestBodyBytes: 16 * 1024 * 1024,
  send: sendRequest,
  // One job calls it, one segment after the other: its own retries are patient enough.
  minimumCalls: 10,
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
    send: sendRequest,
    // Keys are asked for every ten minutes by an instance: more than a few calls only come when they fail.
    minimumCalls: 4,
  };
}

/** The names of the circuit breakers of what the operator configures. */
export function breakerNames(): string[] {
  const issuers = getConfig().AUTH_EXTERNAL_ISSUERS.map(({ issuer }) => tokenIssuer(issuer).name);
  return [...new Set([ses.name, sns.name, s3.name, ...issuers])];
}

import { parseBucketAddress } from './bucket-address.ts';
import type { Config, Stage } from './schema.ts';

/** What stages ask of a setting, beyond its form. */
export interface StageRule {
  readonly key: keyof Config;
  readonly stages: readonly Stage[];
  readonly text: string;
  readonly isBroken: (value: never, config: Partial<Config>) => boolean;
}

const deployed: readonly Stage[] = ['dev', 'staging', 'prod'];
const prod: readonly Stage[] = ['prod'];
const https = 'must be https';
// Neon gives passwords of 16 characters, Upstash tokens of 60.
const password = 'must have a password of at least 12 characters that nobody guesses';
const encryption = 'must have sslmode=verify-full, or at least sslmode=require, in its query';
const token = 'must have at least 20 characters that nobody guesses';

export const stageRules: readonly StageRule[] = [
  rule('PUBLIC_URL', deployed, https, isPlain),
  rule('APP_URL', deployed, https, isPlain),
  rule('SENTRY_DSN', deployed, https, isPlain),
  rule('UPSTASH_REDIS_REST_URL', deployed, https, isPlain),
  rule('AUTH_EXTERNAL_ISSUERS', deployed, 'keys must come by https', (issuers) =>
    issuers.some(({ jwksUrl }) => isPlain(jwksUrl)),
  ),
  rule(
    'OTLP_ENDPOINT',
    deployed,
    'must be https, or on this host',
    (url, { TRACING }) => TRACING === 'otlp' && isPlain(url) && !isOnThisHost(url),
  ),
  rule('AUTH_SECRET', deployed, 'must be random', isGuessable),
  rule('AUTH_SECRET_FORMER', deployed, 'must be random', (secret) => secret !== '' && isGuessable(secret)),
  rule('MAILER', deployed, 'must not be console', (mailer) => mailer === 'console'),
  rule('MAIL_FROM', deployed, 'must be an address of yours', (address) => /\.local$/i.test(address)),
  rule('DATABASE_URL', prod, password, hasWeakPassword),
  ...(['DATABASE_REPLICA_URL', 'DATABASE_MIGRATION_URL'] as const).map((key) =>
    rule(key, prod, password, (url) => url !== '' && hasWeakPassword(url)),
  ),
  rule('DATABASE_URL', deployed, encryption, isUnencrypted),
  ...(['DATABASE_REPLICA_URL', 'DATABASE_MIGRATION_URL', 'BACKUP_DRILL_URL'] as const).map((key) =>
    rule(key, deployed, encryption, (url) => url !== '' && isUnencrypted(url)),
  ),
  rule('UPSTASH_REDIS_REST_TOKEN', prod, token, (text) => text.length < 20 || isGuessable(text)),
  rule('ALLOWED_ORIGINS', ['staging', 'prod'], https, (origins) => origins.some(isPlain)),
  // So that a client on a laptop can be tried with the stage dev.
  rule('ALLOWED_ORIGINS', ['dev'], 'must be https, or on this host', (origins) =>
    origins.some((origin) => isPlain(origin) && !isOnThisHost(origin)),
  ),
  rule(
    'BACKUP_URL',
    deployed,
    'must be s3://bucket/prefix and end in no slash',
    (url) => url !== '' && !parseBucketAddress(url),
  ),
  rule(
    'BACKUP_KEY',
    deployed,
    'must be random, and neither AUTH_SECRET nor AUTH_SECRET_FORMER',
    (key, { AUTH_SECRET, AUTH_SECRET_FORMER }) =>
      key !== '' && (key === AUTH_SECRET || key === AUTH_SECRET_FORMER || isGuessable(key)),
  ),
  rule('POWERTOOLS_LOG_LEVEL', prod, 'must not be DEBUG', (level) => level === 'DEBUG'),
];

function rule<K extends keyof Config>(
  key: K,
  stages: readonly Stage[],
  text: string,
  isBroken: (value: Config[K], config: Partial<Config>) => boolean,
): StageRule {
  return { key, stages, text, isBroken };
}

function isPlain(url: string): boolean {
  return url !== '' && !url.startsWith('https://');
}

function isOnThisHost(url: string): boolean {
  return /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(`${url}/`);
}

/**
 * As postgres.js reads it: without `sslmode` it is plain text, and `prefer` becomes it where the server, or who is in between, says that it
 * has no TLS. A fragment is nothing to it, but may look like another host.
 */
function isUnencrypted(databaseUrl: string): boolean {
  const [address = '', fragment] = databaseUrl.split('#');
  const [server = '', query] = address.split('?');
  const mode = new URLSearchParams(query).getAll('sslmode').at(-1) ?? '';
  return !/^(require|verify-ca|verify-full)$/.test(mode) && (fragment !== undefined || !isOnLoopback(server));
}

function isOnLoopback(server: string): boolean {
  const [, hosts = ''] = /^\w+:\/\/(?:[^/]*@)?([^/]*)/.exec(server) ?? [];
  return hosts.split(',').every((host) => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host));
}

function hasWeakPassword(databaseUrl: string): boolean {
  const secret = URL.canParse(databaseUrl) ? new URL(databaseUrl).password : '';
  return secret.length < 12 || isGuessable(secret);
}

/** Of 12 random characters fewer than 6 differ once in a million times, of more even less often. */
function isGuessable(secret: string): boolean {
  return new Set(secret).size < 6 || /change.?me|example|password|plinth|secret/i.test(secret);
}

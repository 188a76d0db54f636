import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#lib/config/get-config.ts';
import { createSecret } from '#lib/local/create-secret.ts';

const valid = {
  PLINTH_STAGE: 'prod',
  PUBLIC_URL: 'https://api.example.com',
  DATABASE_URL: 'postgres://user:secret@db/plinth',
  UPSTASH_REDIS_REST_URL: 'https://redis.example.com',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  AUTH_SECRET: createSecret(),
  MAIL_FROM: 'no-reply@example.com',
};

function problemsOf(environment: Record<string, string | undefined>): string {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

test('parses types and fills in defaults', () => {
  expect(
    parseConfig({
      ...valid,
      DATABASE_PREPARE: 'false',
      ALLOWED_ORIGINS: 'https://a.example/, https://b.example',
    }),
  ).toMatchObject({
    DATABASE_PREPARE: false,
    DATABASE_POOL_MAX: 2,
    REDIS_TIMEOUT_MS: 150,
    ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    TRACING: 'none',
  });
});

test('reports all problems at once, by key and rule, and never a secret', () => {
  const message = problemsOf({
    PLINTH_STAGE: 'production',
    DATABASE_URL: 'mysql://hunter2',
    DATABASE_POOL_MAX: '0',
    UPSTASH_REDIS_REST_TOKEN: '',
    AUTH_SECRET: 'hunter2',
  });
  for (const problem of [
    'PLINTH_STAGE: ',
    'DATABASE_URL: must start with postgres://',
    'DATABASE_POOL_MAX: ',
    'UPSTASH_REDIS_REST_URL is missing',
    'UPSTASH_REDIS_REST_TOKEN is missing',
    'AUTH_SECRET: must be at least 256 random bits',
  ])
    expect(message).toContain(problem);
  expect(message).not.toContain('hunter2');
});

test.each([
  ['PUBLIC_URL', 'http://api.example.com'],
  ['ALLOWED_ORIGINS', '*'],
  ['POWERTOOLS_LOG_LEVEL', 'DEBUG'],
  ['ACCESS_TOKEN_TTL_SECONDS', '3600'],
  ['MAILER', 'console'],
  ['MAIL_FROM', ''],
  ['APP_URL', 'http://app.example.com'],
  ['AUTH_SECRET', 'short'],
  ['AUTH_SECRET', 'x'.repeat(42)],
  ['SENTRY_DSN', 'http://key@sentry.example.com/1'],
  ['SENTRY_DSN', 'https://sentry.example.com/1'],
  ['TRACE_SAMPLE_RATIO', '2'],
])('prod refuses %s=%s', (key, value) => {
  expect(problemsOf({ ...valid, [key]: value })).toContain(key);
});

test('local is free to use http', () => {
  expect(
    problemsOf({
      ...valid,
      PLINTH_STAGE: 'local',
      PUBLIC_URL: 'http://localhost:3000',
    }),
  ).toBe('');
});

test('spans leave a deployed stage by https, or go to a collector on the same host', () => {
  const withCollector = (endpoint: string) =>
    problemsOf({ ...valid, TRACING: 'otlp', OTLP_ENDPOINT: endpoint });
  for (const endpoint of [
    'https://otlp.example.com',
    'http://localhost:4318',
    'http://127.0.0.1',
    'http://[::1]:4318/x',
  ])
    expect(withCollector(endpoint)).toBe('');
  for (const endpoint of [
    'http://otlp.example.com',
    'http://localhost.example.com:4318',
    'http://localhost@evil.example',
  ])
    expect(withCollector(endpoint)).toContain('OTLP_ENDPOINT');
  expect(problemsOf({ ...valid, OTLP_ENDPOINT: 'http://otlp.example.com' })).toBe('');
});

import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { getHost, type Host } from '#lib/config/get-host.ts';
import { ConfigError, parseConfig } from '#lib/config/parse-config.ts';
import { type Config, type Stage, settings } from '#lib/config/schema.ts';
import { referenceTo } from '#lib/config/secret-references.ts';
import { stageOf } from '#lib/config/stage-of.ts';
import { stageRules } from '#lib/config/stage-rules.ts';
import { listSettings } from '#lib/generate/list-settings.ts';

const random = (bytes: number) => randomBytes(bytes).toString('base64url');

const valid = {
  PLINTH_STAGE: 'prod',
  PUBLIC_URL: 'https://api.example.com',
  DATABASE_URL: `postgres://user:${random(12)}@db/plinth?sslmode=verify-full`,
  UPSTASH_REDIS_REST_URL: 'https://redis.example.com',
  UPSTASH_REDIS_REST_TOKEN: random(45),
  AUTH_SECRET: random(32),
  MAIL_FROM: 'no-reply@example.com',
};

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key, rule }) => `${key} ${rule}`);
    throw error;
  }
  return [];
}

test('parses types and fills in defaults', () => {
  expect(
    parseConfig({
      ...valid,
      DATABASE_PREPARE: 'false',
      ALLOWED_ORIGINS: 'https://a.example/, https://B.example:443,',
    }),
  ).toMatchObject({
    DATABASE_PREPARE: false,
    DATABASE_POOL_MAX: 2,
    REDIS_TIMEOUT_MS: 150,
    ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    TRACING: 'none',
  });
});

test('the sender of mails stays as it is written, as SES tells small letters from capitals before the @', () => {
  expect(parseConfig({ ...valid, MAIL_FROM: 'No-Reply@example.com' }).MAIL_FROM).toBe('No-Reply@example.com');
});

test('reports all problems at once, by key and rule, and never a secret', () => {
  const problems = problemsOf({
    PLINTH_STAGE: 'prod',
    PUBLIC_URL: 'http://hunter2.example.com',
    DATABASE_URL: 'mysql://hunter2',
    DATABASE_POOL_MAX: '0',
    UPSTASH_REDIS_REST_TOKEN: '',
    AUTH_SECRET: 'hunter2',
  });
  expect(problems).toEqual([
    'DATABASE_URL must start with postgres://',
    expect.stringMatching(/^DATABASE_POOL_MAX /),
    'UPSTASH_REDIS_REST_URL is missing',
    'UPSTASH_REDIS_REST_TOKEN is missing',
    'AUTH_SECRET must be at least 256 random bits in base64url',
    'PUBLIC_URL must be https in stage prod',
    'MAIL_FROM must be an address of yours in stage prod',
  ]);
  expect(problemsOf({ PLINTH_STAGE: 'production' })).toContainEqual(expect.stringMatching(/^PLINTH_STAGE /));
});

/** What breaks each rule, by itself. */
const backupKey = random(32);

const broken: [key: keyof Config, value: string, stages: Stage[], others?: Record<string, string>][] = [
  ['PUBLIC_URL', 'http://api.example.com', ['dev', 'staging', 'prod']],
  ['APP_URL', 'http://app.example.com', ['dev', 'staging', 'prod']],
  ['SENTRY_DSN', 'http://key@sentry.example.com/1', ['dev', 'staging', 'prod']],
  ['UPSTASH_REDIS_REST_URL', 'http://redis.example.com', ['dev', 'staging', 'prod']],
  [
    'AUTH_EXTERNAL_ISSUERS',
    '[{"issuer":"https://a.example","jwksUrl":"http://a.example/keys","audience":"a"}]',
    ['dev', 'staging', 'prod'],
  ],
  ['OTLP_ENDPOINT', 'http://otlp.example.com', ['dev', 'staging', 'prod'], { TRACING: 'otlp' }],
  ['OTLP_ENDPOINT', 'http://localhost.example.com:4318', ['dev', 'staging', 'prod'], { TRACING: 'otlp' }],
  ['OTLP_ENDPOINT', 'http://localhost@evil.example', ['dev', 'staging', 'prod'], { TRACING: 'otlp' }],
  ['AUTH_SECRET', 'x'.repeat(43), ['dev', 'staging', 'prod']],
  ['AUTH_SECRET', 'change-me-change-me-change-me-change-me-0123', ['dev', 'staging', 'prod']],
  ['AUTH_SECRET_FORMER', 'x'.repeat(43), ['dev', 'staging', 'prod']],
  ['MAILER', 'console', ['dev', 'staging', 'prod']],
  ['MAIL_FROM', '', ['dev', 'staging', 'prod']],
  ['DATABASE_URL', 'postgres://user@db/plinth?sslmode=require', ['prod']],
  ['DATABASE_URL', 'postgres://user:short@db/plinth?sslmode=verify-ca', ['prod']],
  ['DATABASE_URL', 'postgres://user:my-password-1@127.0.0.1/plinth', ['prod']],
  ['DATABASE_REPLICA_URL', 'postgres://user:aaaaaaaaaaaaaaaa@[::1]:5432/plinth', ['prod']],
  ['DATABASE_MIGRATION_URL', 'postgres://postgres:postgres@localhost:5432/plinth', ['prod']],
  ...[
    '',
    '?sslmode=disable',
    '?sslmode=prefer',
    '?sslmode=',
    '?sslmode=require&sslmode=disable',
    '#sslmode=require',
    '#?sslmode=require',
    '?a#&sslmode=require',
  ].map(
    (query) =>
      [
        'DATABASE_URL',
        `postgres://user:${random(12)}@db/plinth${query}`,
        ['dev', 'staging', 'prod'],
      ] as (typeof broken)[number],
  ),
  ['DATABASE_URL', `postgres://u:${random(12)}@localhost.example.com/p`, ['dev', 'staging', 'prod']],
  ['DATABASE_URL', `postgres://u:${random(12)}@127.0.0.1,db/p`, ['dev', 'staging', 'prod']],
  ['DATABASE_URL', `postgres://u:${random(12)}@db#@localhost/p`, ['dev', 'staging', 'prod']],
  ['DATABASE_URL', `postgres://u:${random(12)}@localhost#@db,db/p`, ['dev', 'staging', 'prod']],
  [
    'DATABASE_REPLICA_URL',
    `postgres://localhost:${random(12)}@db/p?sslmode=allow`,
    ['dev', 'staging', 'prod'],
  ],
  ['DATABASE_MIGRATION_URL', `postgres://u:${random(12)}@db/p?ssl=false`, ['dev', 'staging', 'prod']],
  ['BACKUP_DRILL_URL', 'postgres://u@drills/postgres', ['dev', 'staging', 'prod']],
  ['UPSTASH_REDIS_REST_TOKEN', 'local', ['prod']],
  ['UPSTASH_REDIS_REST_TOKEN', 'an-example-of-such-a-token', ['prod']],
  ['ALLOWED_ORIGINS', 'https://app.example.com,http://localhost:5173', ['staging', 'prod']],
  ['ALLOWED_ORIGINS', 'http://app.example.com', ['dev', 'staging', 'prod']],
  ...['/backups', 's3://bucket/prefix/', 's3://bucket/a//b', 's3://My_Bucket/x', 's3://bucket/../x'].map(
    (url) => ['BACKUP_URL', url, ['dev', 'staging', 'prod']] as (typeof broken)[number],
  ),
  ['BACKUP_KEY', backupKey, ['dev', 'staging', 'prod'], { AUTH_SECRET: backupKey }],
  ['BACKUP_KEY', backupKey, ['dev', 'staging', 'prod'], { AUTH_SECRET_FORMER: backupKey }],
  ['BACKUP_KEY', 'A'.repeat(43), ['dev', 'staging', 'prod']],
  ['POWERTOOLS_LOG_LEVEL', 'DEBUG', ['prod']],
];

describe('stages', () => {
  test.each(broken)(
    '%s=%s is refused alone, and only in the stages of the rule',
    (key, value, refusing, others) => {
      for (const stage of settings.PLINTH_STAGE.options) {
        const found = problemsOf({ ...valid, ...others, PLINTH_STAGE: stage, [key]: value });
        const isRefused = refusing.includes(stage);
        expect(found, stage).toEqual(
          isRefused ? [expect.stringMatching(`^${key} .* in stage ${stage}$`)] : [],
        );
      }
    },
  );

  test('no rule is left out here', () => {
    expect(new Set(broken.map(([key]) => key))).toEqual(new Set(stageRules.map(({ key }) => key)));
  });

  test.each([
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://*.example.com'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'capacitor://localhost'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/path'],
    ['ALLOWED_ORIGINS', 'https://app.example.com:99999'],
    ['ACCESS_TOKEN_TTL_SECONDS', '3600'],
    ['AUTH_SECRET', 'short'],
    ['AUTH_SECRET', 'x'.repeat(42)],
    ['SENTRY_DSN', 'https://sentry.example.com/1'],
    ['TRACE_SAMPLE_RATIO', '2'],
  ])('no stage takes %s=%s', (key, value) => {
    for (const stage of settings.PLINTH_STAGE.options)
      expect(problemsOf({ ...valid, PLINTH_STAGE: stage, [key]: value }), stage).toHaveLength(1);
  });

  test('prod takes what is made at random, and spans to a collector on the same host', () => {
    for (let round = 0; round < 200; round++)
      expect(
        problemsOf({
          ...valid,
          AUTH_SECRET: random(32),
          UPSTASH_REDIS_REST_TOKEN: random(18),
          DATABASE_URL: `postgres://u:${random(12)}@db/p?sslmode=require`,
        }),
      ).toEqual([]);
    expect(problemsOf({ ...valid, AUTH_SECRET: randomBytes(32).toString('hex') })).toEqual([]);
    for (const endpoint of [
      'https://otlp.example.com',
      'http://localhost:4318',
      'http://127.0.0.1',
      'http://[::1]:4318/x',
    ])
      expect(problemsOf({ ...valid, TRACING: 'otlp', OTLP_ENDPOINT: endpoint })).toEqual([]);
    expect(problemsOf({ ...valid, OTLP_ENDPOINT: 'http://otlp.example.com' })).toEqual([]);
  });
});

test('every secret has its name in the environment of a function that is not static, and a permission to be read', () => {
  const read = (path: string) => readFileSync(path, 'utf8');
  const secrets = listSettings().filter(({ isSecret }) => isSecret);
  const keys = secrets.filter(({ isFor }) => !isFor).map(({ key }) => key);
  const ofJobs = secrets.filter(({ isFor }) => isFor !== 'migration').map(({ key }) => key);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of serverless.yml.
  const stage = '${sls:stage}';
  for (const [prefix, expected] of [
    ['', keys],
    ['job-', ofJobs],
    ['migration-', ['DATABASE_URL', 'DATABASE_MIGRATION_URL']],
  ] as const) {
    const named = expected.map((key) => `${key}: ${referenceTo(stage, key)}`);
    expect(read(`lib/config/${prefix}secrets.yml`).trim().split('\n').slice(1)).toEqual(named);
    const permissions = read(`lib/config/${prefix}permissions.yml`);
    const permitted = [...permissions.matchAll(/:parameter\/plinth\/\$\{sls:stage\}\/(\w+)'/g)];
    expect(permitted.map(([, key]) => key)).toEqual(expected);
    expect(permissions).not.toContain('*');
  }
  for (const { key } of secrets) expect(read('lib/config/environment.yml')).not.toContain(key);
  const functions = globSync('functions/*/functions.yml').flatMap((path) =>
    read(path)
      .split(/^(?=\w+:$)/m)
      .slice(1),
  );
  const without = functions.filter((text) => !/lib\/config\/(job-)?secrets\.yml/.test(text));
  expect(without.map((text) => text.split(':')[0]).sort()).toEqual([
    'docs',
    'getHealth',
    'getLiveness',
    'migrateDatabase',
  ]);
});

test.each<[Host, Record<string, string>]>([
  ['lambda', { AWS_LAMBDA_FUNCTION_NAME: 'plinth-dev-getProject' }],
  ['gateway', { AWS_LAMBDA_FUNCTION_NAME: 'plinth-local-getProject', IS_OFFLINE: 'true' }],
  ['test', { VITEST: 'true' }],
  ['lambda', { VITEST: 'true', AWS_LAMBDA_FUNCTION_NAME: 'plinth-test-getProject' }],
  ['container', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
  ['container', { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4' }],
])('it knows that it runs in a %s by %j', (host, environment) => {
  expect(getHost(environment)).toBe(host);
});

test('without any sign it is a container or a process, by the file that Docker and Podman make', () => {
  expect(['container', 'process']).toContain(getHost({}));
});

test('a stage is one of those known, or the preview of a pull request, for which the rules of test hold', () => {
  expect(['prod', 'preview-7', 'preview-', 'preview-7x', 'Prod', ''].map(stageOf)).toEqual([
    'prod',
    'test',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

import * as z from 'zod';
import { WrittenEmail } from '#lib/email.ts';
import { isOrigin, splitList, toOrigin } from './allowed-origins.ts';

export const stages = ['local', 'test', 'dev', 'staging', 'prod'] as const;

const secret = z.string().min(1);
const flag = z.enum(['true', 'false']);
const positiveInteger = z.coerce.number().int().positive();

/**
 * Every setting of the product, by its environment name; what a stage asks of them besides is in stage-rules.ts. When deployed,
 * those with `secret: true` are parameters of SSM, and static functions get none of them.
 */
export const settings = {
  PLINTH_STAGE: z.enum(stages).meta({ description: 'Where this runs.' }),
  PUBLIC_URL: z
    .url()
    .default('http://localhost:3000')
    .meta({ description: 'The address clients use; issuer of access tokens.' }),
  DATABASE_URL: secret.regex(/^postgres(ql)?:\/\//, 'must start with postgres://').meta({
    description: 'PostgreSQL connection string; with sslmode=verify-full in its query.',
    secret: true,
  }),
  DATABASE_REPLICA_URL: z
    .string()
    .regex(/^$|^postgres(ql)?:\/\//, 'must start with postgres://')
    .default('')
    .meta({ description: 'A read replica, for reads that may be seconds behind.', secret: true }),
  DATABASE_MIGRATION_URL: z
    .string()
    .regex(/^$|^postgres(ql)?:\/\//, 'must start with postgres://')
    .default('')
    .meta({
      description:
        'The owner of the tables, connected directly; only what migrates has it. DATABASE_URL when not set.',
      secret: true,
      isFor: 'migration',
    }),
  DATABASE_POOL_MAX: positiveInteger
    .default(2)
    .meta({ description: 'Connections per instance; a Lambda instance serves one request at a time.' }),
  DATABASE_PREPARE: flag
    .default('true')
    .transform((text) => text === 'true')
    .meta({ description: 'Prepared statements; false behind a transaction pooler.' }),
  DATABASE_TIMEOUT_MS: positiveInteger
    .default(700)
    .meta({ description: 'How long a request waits for the first answer of the database.' }),
  DATABASE_STATEMENT_TIMEOUT_MS: positiveInteger
    .default(5_000)
    .meta({ description: 'Server-side limit of one SQL statement.' }),
  UPSTASH_REDIS_REST_URL: z.url().meta({ description: 'Upstash Redis REST endpoint.', secret: true }),
  UPSTASH_REDIS_REST_TOKEN: secret.meta({ description: 'Upstash Redis REST token.', secret: true }),
  REDIS_TIMEOUT_MS: positiveInteger
    .max(1_000)
    .default(150)
    .meta({ description: 'Budget of the one Redis round trip of a request.' }),
  AUTH_SECRET: secret.regex(/^[\w-]{43,}$/, 'must be at least 256 random bits in base64url').meta({
    description: 'Seals and derives every other key; 256 random bits in base64url.',
    secret: true,
  }),
  AUTH_SECRET_FORMER: z
    .string()
    .regex(/^([\w-]{43,})?$/, 'must be at least 256 random bits in base64url')
    .default('')
    .meta({
      description: 'Still opens what it sealed, while AUTH_SECRET is being changed; empty otherwise.',
      secret: true,
    }),
  AUTH_AUDIENCE: z.string().min(1).default('plinth').meta({ description: 'Audience of access tokens.' }),
  ACCESS_TOKEN_TTL_SECONDS: positiveInteger
    .max(900)
    .default(900)
    .meta({ description: 'Lifetime of an access token.' }),
  AUTH_EXTERNAL_ISSUERS: z
    .string()
    .default('[]')
    .transform(parseJson)
    .pipe(z.array(z.strictObject({ issuer: z.url(), jwksUrl: z.url(), audience: z.string().min(1) })).max(10))
    .meta({
      description:
        'Other token issuers to trust (Cognito, Auth0, Keycloak), as JSON: [{"issuer":…,"jwksUrl":…,"audience":…}].',
    }),
  LEGACY_ACCESS_COOKIE: flag
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'Whether the cookie access_token is read, which earlier clients send.' }),
  ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform(splitList)
    .pipe(z.array(z.string().refine(isOrigin, 'must be such as https://app.example.com').transform(toOrigin)))
    .meta({
      description:
        'Comma-separated origins of web clients: browsers let their pages call the API (CORS), with cookies as well.',
    }),
  REGISTRATION: z
    .enum(['open', 'invitation'])
    .default('invitation')
    .meta({ description: 'Who may register: anybody, or who was invited. `npm start` sets open.' }),
  MAILER: z.enum(['ses', 'console']).default('ses').meta({
    description: 'Where mails go: Amazon SES, or the terminal of a developer. `npm start` sets console.',
  }),
  MAIL_FROM: WrittenEmail.default('no-reply@plinth.local').meta({
    description: 'Sender of mails; SES has to know it, with the same capitals.',
  }),
  APP_URL: z
    .url()
    .or(z.literal(''))
    .default('')
    .meta({ description: 'The web client, where links in mails lead; PUBLIC_URL when not set.' }),
  POWERTOOLS_LOG_LEVEL: z
    .enum(['DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT'])
    .default('INFO')
    .meta({ description: 'Least severe level that is logged.' }),
  TRACING: z
    .enum(['none', 'xray', 'otlp'])
    .default('none')
    .meta({ description: 'Trace adapter; xray needs the Powertools layer, otlp a collector.' }),
  OTLP_ENDPOINT: z.url().default('http://localhost:4318').meta({
    description: 'The collector of TRACING=otlp, without /v1/traces.',
  }),
  TRACE_SAMPLE_RATIO: z.coerce.number().min(0).max(1).default(0.05).meta({
    description: 'Share of the traces that begin here that otlp records; a caller decides for its own.',
  }),
  SENTRY_DSN: z
    .url()
    .refine((dsn) => /^https?:\/\/\w+@[^/]+(\/.*)?\/\w+$/.test(dsn), 'must be https://<key>@<host>/<project>')
    .or(z.literal(''))
    .default('')
    .meta({
      description: 'Where errors go as well, by the protocol of Sentry; nowhere when empty.',
      secret: true,
    }),
  BACKUP_URL: z.string().default('').meta({
    description:
      'Where the nightly backup goes: s3://bucket/prefix, on a laptop a folder; nowhere when empty.',
  }),
  BACKUP_KEY: z
    .string()
    .regex(/^([\w-]{43})?$/, 'must be 256 random bits in base64url')
    .default('')
    .meta({
      description: 'Encrypts backups; 256 random bits in base64url. Keep a copy outside of the account.',
      secret: true,
      isFor: 'jobs',
    }),
  BACKUP_RETENTION_DAYS: positiveInteger
    .default(30)
    .meta({ description: 'How long backups are kept; the last good one always is.' }),
  BACKUP_DRILL_URL: z
    .string()
    .regex(/^$|^postgres(ql)?:\/\//, 'must start with postgres://')
    .default('')
    .meta({
      description:
        'A server on which the weekly drill may create a database to restore into; no drill when empty.',
      secret: true,
      isFor: 'jobs',
    }),
  RELEASE: z.string().default('development').meta({ description: 'Version or commit that is running.' }),
  COMMIT: z.string().default('unknown').meta({ description: 'Commit it was built from.' }),
  BUILT_AT: z.string().default('').meta({ description: 'When it was built, in RFC 3339.' }),
};

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
}

export type Stage = (typeof stages)[number];
export type Config = { [K in keyof typeof settings]: z.output<(typeof settings)[K]> };

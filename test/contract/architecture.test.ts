import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listHandlerFiles } from '#lib/generate/load-operations.ts';

interface Source {
  readonly file: string;
  readonly text: string;
}

const root = join(import.meta.dirname, '../..');
const sources: Source[] = ['functions', 'lib', 'drizzle', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  .filter((file) => file.endsWith('.ts') && !/^lib\/client\/(node_modules|dist)\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

const inFunctions = (file: string) => file.startsWith('functions/') && file !== 'functions/generate.ts';
const inTooling = (file: string) => /^lib\/(local|generate|template)\//.test(file);
// A package of its own, which other people's programs run.
const inClient = (file: string) => file.startsWith('lib/client/');
const inLib = (file: string) => file.startsWith('lib/') && !inTooling(file) && !inClient(file);
const plumbing = new Set([
  'http',
  'observability',
  'config',
  'deploy',
  'errors',
  'redis',
  'db',
  'jobs',
  'resilience',
  'runtime',
  'outbound',
]);
const inDomain = (file: string) => inLib(file) && !plumbing.has(file.split('/')[1] ?? '');

/** What a file imports at run time (`import type` is erased): paths from the root, or names of packages. */
function importsOf({ file, text }: Source): string[] {
  const specifiers = text.matchAll(
    /^(?:import|export) (?!type )(?:[^;'"]*?from )?'([^']+)'|import\('([^']+)'\)/gm,
  );
  return [...specifiers].map(([, named, dynamic]) => {
    const name = named ?? dynamic ?? '';
    if (name.startsWith('#')) return name.slice(1);
    return name.startsWith('.') ? normalize(join(dirname(file), name)) : name;
  });
}

function offenders(where: (file: string) => boolean, isOffence: (source: Source) => boolean): string[] {
  return sources.filter((source) => where(source.file) && isOffence(source)).map(({ file }) => file);
}

const importsAny = (pattern: RegExp) => (source: Source) =>
  importsOf(source).some((name) => pattern.test(name));

describe('who may import whom', () => {
  test('functions know neither the database, nor Redis, nor AWS types, nor the environment', () => {
    expect(
      offenders(inFunctions, importsAny(/^(drizzle-orm|postgres|@upstash|aws-lambda)|^lib\/(db|redis)\//)),
    ).toEqual([]);
    expect(offenders(inFunctions, ({ text }) => text.includes('process.env'))).toEqual([]);
  });

  test('domains know nothing of HTTP', () => {
    expect(offenders(inDomain, importsAny(/^(@middy|aws-lambda)|^lib\/http\//))).toEqual([]);
    expect(offenders(inDomain, ({ text }) => /statusCode|\bstatus(?:Code)?: [45]\d\d\b/.test(text))).toEqual(
      [],
    );
  });

  test('what every folder throws and notes knows no folder of a domain', () => {
    const domains = new Set(sources.filter(({ file }) => inDomain(file)).map(({ file }) => dirname(file)));
    const knowsDomain = (source: Source) =>
      importsOf(source).some((name) => name !== 'lib/invocation.ts' && domains.has(dirname(name)));
    expect(offenders((file) => file.startsWith('lib/errors/'), knowsDomain)).toEqual([]);
  });

  test('a domain never touches the tables of another one', () => {
    const tableOwners: Record<string, string[]> = {
      'projects.ts': ['projects'],
      'project-counts.ts': ['projects'],
      'organizations.ts': ['organizations', 'auth'],
      'memberships.ts': ['organizations', 'auth', 'api-keys'],
      'users.ts': ['auth', 'accounts', 'api-keys', 'sessions'],
      'audit-events.ts': ['audit'],
      'idempotency-records.ts': ['idempotency'],
      'sessions.ts': ['sessions'],
      'refresh-tokens.ts': ['sessions'],
      'signing-keys.ts': ['auth'],
      'api-keys.ts': ['api-keys'],
      'totp-enrolments.ts': ['totp'],
      'recovery-codes.ts': ['totp'],
      'account-tokens.ts': ['accounts'],
      'external-identities.ts': ['auth'],
      'invitations.ts': ['organizations'],
      'jobs.ts': ['jobs'],
      'job-runs.ts': ['jobs'],
      'job-attempts.ts': ['jobs'],
      'health-snapshots.ts': ['health'],
      'health-transitions.ts': ['health'],
      'measurements.ts': ['monitoring'],
      'measurement-folds.ts': ['monitoring'],
      'deprecated-calls.ts': ['monitoring'],
      'error-groups.ts': ['error-groups'],
      'notification-rules.ts': ['notifications'],
      'notifications.ts': ['notifications'],
    };
    const isForeign = (source: Source) =>
      importsOf(source)
        .filter((name) => name.startsWith('lib/db/schema/'))
        .some(
          (name) => !tableOwners[name.split('/').at(-1) ?? '']?.includes(source.file.split('/')[1] ?? ''),
        );
    expect(offenders(inDomain, isForeign)).toEqual([]);
  });

  test('what writes a row records an audit event, or is listed here with the reason', () => {
    const unaudited: Record<string, string> = {
      'lib/accounts/account-tokens.ts': 'a step of verbs that record it',
      'lib/accounts/expire-account-tokens.ts': 'removes what has expired',
      'lib/accounts/set-password.ts': 'a step of verbs that record it',
      'lib/api-keys/expire-api-keys.ts': 'removes what was revoked long ago',
      'lib/api-keys/authenticate-api-key.ts': 'notes a use, which the access log has too',
      'lib/auth/create-signing-key.ts': 'belongs to no organization',
      'lib/auth/rotate-signing-keys.ts': 'belongs to no organization',
      'lib/health/record-health.ts': 'belongs to no organization',
      'lib/error-groups/expire-error-groups.ts':
        'removes what has not failed for long; belongs to no organization',
      'lib/error-groups/record-failures.ts': 'counts what the service did; belongs to no organization',
      'lib/health/take-untold-transitions.ts': 'belongs to no organization',
      'lib/idempotency/expire-idempotency-records.ts': 'plumbing that no organization sees',
      'lib/idempotency/run-once.ts': 'plumbing that no organization sees',
      'lib/monitoring/expire-measurements.ts': 'removes what no window asks for',
      'lib/monitoring/record-deprecated-calls.ts': 'counts who calls the platform',
      'lib/monitoring/roll-up-measurements.ts': 'counts what the fleet did; belongs to no organization',
      'lib/notifications/raise-notifications.ts': 'removes what was told long ago',
      'lib/notifications/tell-rule.ts': 'tells what the service did',
      'lib/organizations/create-organization.ts': 'a step of verbs that record it',
      'lib/organizations/expire-invitations.ts': 'removes what has expired',
      'lib/organizations/revoke-invitations-of.ts': 'a step of verbs that record it',
      'lib/projects/fold-project-counts.ts': 'changes no sum',
      'lib/projects/purge-deleted-projects.ts':
        'removes what a recorded project.delete announced, thousands at a time',
      'lib/sessions/end-sessions.ts': 'a step of verbs that record it',
      'lib/sessions/expire-sessions.ts': 'removes what has ended',
      'lib/sessions/issue-tokens.ts': 'a step of verbs that record it, and of each refresh',
      'lib/totp/recovery-codes.ts': 'a step of verbs that record it',
      'lib/totp/try-code.ts': 'a step of verbs that record it, or counts a failure',
    };
    const writes = (source: Source) =>
      importsAny(/^(drizzle-orm|lib\/db\/)/)(source) &&
      /\.(insert|update|delete)\(|deleteInBatches\(|\b(insert into|delete from|update \w+ set)\b/i.test(
        source.text,
      );
    const silent = offenders(
      inDomain,
      (source) => writes(source) && !source.text.includes('recordAuditEvent'),
    );
    expect(silent.sort()).toEqual(Object.keys(unaudited).sort());
  });

  test('the environment is read in lib/config only', () => {
    const isOutside = (file: string) => (inFunctions(file) || inLib(file)) && !file.startsWith('lib/config/');
    expect(offenders(isOutside, ({ text }) => text.includes('process.env'))).toEqual([]);
  });

  test('loggers, metrics and tracers are made in lib/observability, connections in the places made for them', () => {
    const isProduct = (file: string) => inFunctions(file) || inLib(file);
    expect(
      offenders(
        (file) => isProduct(file) && !file.startsWith('lib/observability/'),
        ({ text }) => /new (Logger|Metrics|Tracer|PowertoolsTracer)\(/.test(text),
      ),
    ).toEqual([]);
    expect(
      offenders(
        (file) =>
          isProduct(file) &&
          !/^lib\/(db\/(open-client|connection|copy-connection)|redis\/client)\.ts$/.test(file),
        ({ text }) => /[=( ](postgres|openClient)\(|new Redis\(/.test(text),
      ),
    ).toEqual([]);
  });

  test('what an email address is, one schema says', () => {
    expect(
      offenders(
        (file) => file !== 'lib/email.ts',
        ({ text }) => /\.email\(/.test(text),
      ),
    ).toEqual([]);
  });

  test('other services are called through outbound() only, but for Redis by its own client', () => {
    const isOutside = (file: string) =>
      (inFunctions(file) || inLib(file)) && !file.startsWith('lib/outbound/');
    const calls = ({ text }: Source) =>
      /(?<![.\w])fetch\(|\bnew (AwsClient|WebSocket|EventSource)\(/.test(text);
    const network = /^(node:)?(https?|http2|net|tls|dgram)$|^(undici|axios|got|node-fetch)$/;
    const exceptions = {
      'lib/db/open-client.ts': 'the authorities of PostgreSQL',
      'lib/db/open-socket.ts': 'the sockets of PostgreSQL',
      'lib/http/rate-limit.ts': 'only isIP and its like',
      'lib/redis/rest-requester.ts': 'what the client of Redis sends with',
    };
    expect(offenders(isOutside, importsAny(network)).sort()).toEqual(Object.keys(exceptions));
    // Telemetry: neither its failures nor its times are those of a request.
    expect(offenders(isOutside, calls)).toEqual(['lib/observability/post-telemetry.ts']);
    const keySets = offenders(
      isOutside,
      ({ text }) => text.includes('createRemoteJWKSet(') && !text.includes('[customFetch]'),
    );
    expect(keySets).toEqual([]);
  });

  test('product code never imports the tooling', () => {
    const isProduct = (file: string) => inFunctions(file) || inLib(file);
    expect(offenders(isProduct, importsAny(/^lib\/(local|generate|template)\//))).toEqual([]);
  });

  test('the client and the service know nothing of each other', () => {
    expect(offenders(inClient, importsAny(/^(?!lib\/client\/)/))).toEqual([]);
    const isOther = (file: string) => !file.startsWith('test/') && !inClient(file);
    expect(offenders(isOther, importsAny(/^lib\/client\//))).toEqual([]);
  });

  test('verbs take the time from their context', () => {
    expect(offenders(inDomain, ({ text }) => /new Date\(\)|Date\.now\(\)/.test(text))).toEqual([]);
  });

  test('imports across folders are absolute', () => {
    expect(
      offenders(
        () => true,
        ({ text }) => /^(?:import|export) .*from '\.\.\/|import\('\.\.\//m.test(text),
      ),
    ).toEqual([]);
  });

  test('imports make no cycle', () => {
    expect(findCycle()).toBeUndefined();
  });
});

describe('how files look', () => {
  test('no file is longer than 300 lines', () => {
    expect(
      offenders(
        (file) => file !== 'lib/client/src/generated/api.ts',
        ({ text }) => text.split('\n').length > 300,
      ),
    ).toEqual([]);
  });

  test('no handler is longer than 40 lines', () => {
    const handlers = new Set(listHandlerFiles());
    expect(
      offenders(
        (file) => handlers.has(file),
        ({ text }) => text.split('\n').length > 40,
      ),
    ).toEqual([]);
  });

  test('names are kebab-case and say what a thing is', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|misc|services?|managers?|data|info)(\.|-|\/)/;
    expect(
      sources.map(({ file }) => file).filter((file) => !/^[a-z0-9-./]+$/.test(file) || vague.test(file)),
    ).toEqual([]);
  });

  test('serverless.yml names no route', () => {
    expect(readFileSync(join(root, 'serverless.yml'), 'utf8')).not.toMatch(/httpApi: (?!\n)|\/api\/v1/);
  });
});

function findCycle(): string[] | undefined {
  const graph = new Map(sources.map((source) => [source.file, importsOf(source)]));
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  return [...graph.keys()].map((file) => visit(file, [])).find(Boolean);
}

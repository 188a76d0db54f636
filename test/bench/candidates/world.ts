import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { migrateDatabase } from '#drizzle/migrate.ts';
import type { ActorSession, UserActor } from '#lib/auth/actor.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { makeFolder, removeFolder } from '#test/bench/leftovers.ts';
import { loadProjects, organizationId } from '#test/bench/projects/million.ts';
import { startRedisServer } from '#test/bench/redis-server.ts';

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  maintenance_work_mem: '512MB',
};
// Each has 600 reads and 120 writes a minute, and one token: fewer than an instance of ours remembers.
const users = 900;
const lifetimeSeconds = 900;

type SessionActor = UserActor & { session: ActorSession };

/** What the candidates share: PostgreSQL with projects of one organization, Redis, and who may call. */
export interface World {
  readonly databaseUrl: string;
  readonly sql: postgres.Sql;
  readonly projectIds: readonly string[];
  /** The environment of a candidate. */
  environmentOf(candidate: string): Record<string, string>;
  /** Access tokens of editors, one for each user and round; valid for a quarter of an hour. */
  issueTokens(candidate: string, rounds?: number): Promise<string[]>;
  issueViewerToken(candidate: string): Promise<string>;
}

/** PostgreSQL, a real Redis, and its REST endpoint in this process; all gone when `measure` ends. */
export async function withWorld(projects: number, measure: (world: World) => Promise<void>): Promise<void> {
  const folder = makeFolder();
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
  const redis = await startRedisServer();
  const endpoint = await startRedisEndpoint({ token: 'bench', redisUrl: redis.url });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await migrateDatabase(server.url);
    await loadProjects(sql, projects);
    const environment = {
      PLINTH_STAGE: 'test',
      DATABASE_URL: server.url,
      UPSTASH_REDIS_REST_URL: endpoint.url,
      UPSTASH_REDIS_REST_TOKEN: endpoint.token,
      REDIS_TIMEOUT_MS: '1000',
      DATABASE_TIMEOUT_MS: '5000',
      AUTH_SECRET: createSecret(),
      POWERTOOLS_LOG_LEVEL: 'INFO',
    };
    Object.assign(process.env, environment, {
      POWERTOOLS_METRICS_DISABLED: 'true',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
    });
    const issuers = await createIssuers(sql);
    const userIds = await addUsers(sql);
    const ids =
      await sql`select id from projects tablesample system (${Math.min(100, 1e8 / projects / 500)})`;
    await measure({
      databaseUrl: server.url,
      sql,
      projectIds: ids.slice(0, 2_000).map(({ id }) => id),
      environmentOf: (candidate) => ({
        ...environment,
        REDIS_URL: redis.url,
        ORGANIZATION_ID: organizationId,
        USER_ID: userIds[0] ?? '',
        ...issuers.environmentOf(candidate),
      }),
      issueTokens: async (candidate, rounds = 1) => {
        const tokens: string[] = [];
        for (let round = 0; round < rounds; round++)
          tokens.push(...(await issuers.issue(candidate, userIds, 'editor')));
        return tokens;
      },
      issueViewerToken: async (candidate) => {
        const [token = ''] = await issuers.issue(candidate, userIds.slice(0, 1), 'viewer');
        return token;
      },
    });
    const { closePool } = await import('#lib/db/client.ts');
    await closePool(1);
  } finally {
    await sql.end();
    await endpoint.close();
    await redis.stop();
    await server.stop();
    removeFolder(folder);
  }
}

async function addUsers(sql: postgres.Sql): Promise<string[]> {
  const ids = Array.from({ length: users }, () => uuidv7());
  await sql`
    insert into users (id, email, name, password_hash)
    select id, id || '@example.com', 'Bench', '!' from unnest(${ids}::uuid[]) id`;
  await sql`
    insert into memberships (organization_id, user_id, role)
    select ${organizationId}, id, 'editor' from unnest(${ids}::uuid[]) id`;
  return ids;
}

/**
 * Ours get the tokens that we issue, the peers such with the same claims: Ed25519 as well, but for NestJS, whose `@nestjs/jwt` knows ES256 at
 * best; and Hono takes no other `typ` than JWT.
 */
async function createIssuers(sql: postgres.Sql) {
  // Only now: what these import reads its settings when it is imported.
  const { issueAccessToken } = await import('#lib/auth/issue-access-token.ts');
  const { tellFleet } = await import('#lib/sessions/fleet-state.ts');
  const { getConfig } = await import('#lib/config/get-config.ts');
  const { PUBLIC_URL: issuer, AUTH_AUDIENCE: audience } = getConfig();
  const keys = {
    EdDSA: generateKeyPairSync('ed25519'),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  const algorithmOf = (candidate: string) => (candidate === 'nest' ? 'ES256' : 'EdDSA');
  const sign = (candidate: string, { userId, roles, session }: SessionActor) =>
    new SignJWT({ org: organizationId, roles, sid: session.id, gen: session.generation })
      .setProtectedHeader({
        alg: algorithmOf(candidate),
        typ: candidate.startsWith('hono') ? 'JWT' : 'at+jwt',
        kid: session.id,
      })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setJti(uuidv7())
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(keys[algorithmOf(candidate)].privateKey);
  return {
    environmentOf: (candidate: string) => ({
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_ALGORITHM: algorithmOf(candidate),
      JWT_KEY: String(keys[algorithmOf(candidate)].publicKey.export({ type: 'spki', format: 'pem' })),
    }),
    async issue(candidate: string, userIds: readonly string[], role: 'editor' | 'viewer'): Promise<string[]> {
      const now = new Date();
      const endsAt = new Date(now.getTime() + 12 * 3_600_000);
      const authenticatedAtSeconds = Math.floor(now.getTime() / 1000);
      const actors = userIds.map((userId): SessionActor => {
        const session = { id: uuidv7(), generation: 1, authenticatedAtSeconds };
        return { type: 'user', userId, organizationId, roles: [role], session };
      });
      if (candidate !== 'ours') return Promise.all(actors.map((actor) => sign(candidate, actor)));
      const sessionIds = actors.map(({ session }) => session.id);
      await sql`
        insert into sessions (id, user_id, organization_id, authentication_methods, user_agent, source_ip, expires_at)
        select s, u, ${organizationId}, '{pwd}', 'bench', '127.0.0.1', ${endsAt} from unnest(${sessionIds}::uuid[], ${userIds as string[]}::uuid[]) as t (s, u)`;
      await tellFleet(actors.map(({ session }) => session));
      const tokens = await Promise.all(actors.map((actor) => issueAccessToken(actor, now, endsAt)));
      return tokens.map(({ accessToken }) => accessToken);
    },
  };
}

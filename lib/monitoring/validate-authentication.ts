import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key.ts';
import { createApiKey } from '#lib/api-keys/create-api-key.ts';
import { generateKey, parseKey } from '#lib/api-keys/key-format.ts';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key.ts';
import type { Actor, ActorSession, UserActor } from '#lib/auth/actor.ts';
import { csrfTokenOf } from '#lib/auth/csrf-token.ts';
import { forgeAccessTokens } from '#lib/auth/forge-access-tokens.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { forgetKeyRing } from '#lib/auth/key-ring.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordAcceptedForgeries } from '#lib/observability/metrics.ts';
import { findEndedSession } from '#lib/sessions/find-ended-session.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import { tryReplay } from '#lib/totp/try-replay.ts';
import type { AuthenticationReport } from './validation-schemas.ts';

/** What a request to try has of its own. */
export interface TriedRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly cookies?: Record<string, string>;
  /** What the gate would have found in Redis. */
  readonly generation?: number;
}

/** What guards every request: the code it refuses one with, or undefined. */
type Guard = (request: TriedRequest) => Promise<string | undefined>;
type Vector = AuthenticationReport['vectors'][number];
type Live = UserActor & { session: ActorSession };

const hourMs = 3_600_000;
// Nobody began it; for tokens whose session is not what is wrong with them.
const unknownSession = {
  id: '00000000-0000-4000-8000-000000000000',
  generation: 1,
  authenticatedAtSeconds: 0,
};

/**
 * Tries credentials that must not pass, and some that must, on the code that guards every request. What it needs in the database is
 * written in a transaction that is rolled back. A forgery that passes is logged as an error and counted.
 */
export async function validateAuthentication(
  ctx: Context<Actor>,
  guard: Guard,
): Promise<AuthenticationReport> {
  // The keys of now; and a token that names an unknown key does not have them read again, whenever that was done last.
  forgetKeyRing();
  const { userId, organizationId, roles } = ctx.actor;
  const session = ctx.actor.type === 'user' ? ctx.actor.session : undefined;
  const person: Live = { type: 'user', userId, organizationId, roles, session: session ?? unknownSession };
  const vectors = [
    ...(await tryTokens(ctx, person, guard)),
    ...(await tryCookies(ctx, person, guard)),
    ...(await rolledBack(ctx, (db) => tryStored({ ...ctx, actor: person, db }, guard))),
  ];
  const failed = vectors.filter(({ status }) => status === 'fail');
  const accepted = failed.filter(({ expected }) => expected === 'refused');
  recordAcceptedForgeries(accepted.length);
  if (failed.length > 0)
    logger.error('authentication does not do what it must', { vectors: failed.map(({ name }) => name) });
  return { status: failed.length > 0 ? 'fail' : 'pass', asOf: ctx.now.toISOString(), vectors };
}

function toVector(name: string, expected: Vector['expected'], code: string | undefined): Vector {
  const outcome = code === undefined ? 'accepted' : 'refused';
  return { name, expected, outcome, code: code ?? null, status: outcome === expected ? 'pass' : 'fail' };
}

async function signFor(person: Live, now: Date): Promise<string> {
  const inAnHour = new Date(now.getTime() + hourMs);
  return (await issueAccessToken(person, now, inAnHour)).accessToken;
}

async function tryTokens(ctx: Context<Actor>, person: Live, guard: Guard): Promise<Vector[]> {
  const bearer = (token: string, generation?: number): TriedRequest => ({
    headers: { authorization: `Bearer ${token}` },
    ...(generation !== undefined && { generation }),
  });
  const refused = async (name: string, request: TriedRequest) =>
    toVector(name, 'refused', await guard(request));
  const { good, forged } = await forgeAccessTokens(person, ctx.now);
  const known = person.session.generation;
  const revoked = await signFor(
    (await findEndedSession(ctx)) ?? { ...person, session: unknownSession },
    ctx.now,
  );
  const vectors = [await refused('no credential', {})];
  // As if Redis vouched for the session: then nothing but the token itself can be what refuses it.
  for (const [name, token] of Object.entries(forged))
    vectors.push(await refused(`token: ${name}`, bearer(token, known)));
  vectors.push(
    await refused('token: of a session that has ended', bearer(revoked)),
    await refused('token: of a session that has ended, as Redis says', bearer(revoked, 0)),
    await refused('header: two tokens', { headers: { authorization: `Bearer ${good}, Bearer ${good}` } }),
    await refused('header: Basic', { headers: { authorization: `Basic ${good}` } }),
  );
  const accepted = await guard(bearer(good, known));
  vectors.push(toVector('token: good', 'accepted', accepted));
  return vectors;
}

async function tryCookies(ctx: Context<Actor>, person: Live, guard: Guard): Promise<Vector[]> {
  const good = await signFor(person, ctx.now);
  const { generation } = person.session;
  const write = (site: string, header: string | undefined, cookie: string | undefined): TriedRequest => ({
    method: 'POST',
    generation,
    headers: { 'sec-fetch-site': site, ...(header !== undefined && { 'x-csrf-token': header }) },
    cookies: {
      [cookieName('auth_token')]: good,
      ...(cookie !== undefined && { [cookieName('csrf_token')]: cookie }),
    },
  });
  const token = csrfTokenOf(person.session.id);
  const foreign = csrfTokenOf('another-session');
  const forged = {
    'cookie: a write without X-CSRF-Token': write('same-origin', undefined, token),
    'cookie: a write without the cookie csrf_token': write('same-origin', token, undefined),
    "cookie: a write with another session's csrf_token": write('same-origin', foreign, foreign),
    'cookie: a write from another site': write('cross-site', token, token),
  };
  const vectors = [];
  for (const [name, request] of Object.entries(forged))
    vectors.push(toVector(name, 'refused', await guard(request)));
  const accepted = await guard(write('same-origin', token, token));
  return [...vectors, toVector('cookie: a write with its csrf_token', 'accepted', accepted)];
}

async function tryStored(ctx: Context<UserActor> & { db: Transaction }, guard: Guard): Promise<Vector[]> {
  const later = (ms: number) => new Date(ctx.now.getTime() + ms);
  const input = { name: 'Validation', scopes: ['ops:read' as const], expiresAt: later(hourMs).toISOString() };
  const { id, key } = await createApiKey(ctx, input);
  const stranger = generateKey(id);
  const attempt = (text: string, now = ctx.now) => codeOf(() => authenticate(text, now, ctx.db));
  const typo = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  const vectors = [
    toVector('API key: with a typo', 'refused', await guard({ headers: { 'x-api-key': typo } })),
    toVector('API key: with another secret', 'refused', await attempt(stranger.key)),
    toVector('API key: expired', 'refused', await attempt(key, later(hourMs + 1))),
    toVector('API key: good', 'accepted', await attempt(key)),
  ];
  await revokeApiKey(ctx, id);
  const { isReplayAccepted, isNextAccepted } = await tryReplay(ctx);
  const wrongCode = (isAccepted: boolean) => (isAccepted ? undefined : 'invalid_mfa_code');
  return [
    ...vectors,
    toVector('API key: revoked', 'refused', await attempt(key)),
    toVector('second factor: a code that was used', 'refused', wrongCode(isReplayAccepted)),
    toVector('second factor: the next code', 'accepted', wrongCode(isNextAccepted)),
  ];
}

async function authenticate(text: string, now: Date, db: Transaction): Promise<unknown> {
  const credential = parseKey(text);
  if (!credential) throw new AppError('unauthenticated', 'not a key');
  return authenticateApiKey(credential, now, db);
}

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}

/** What `work` returns; what it wrote is undone. */
async function rolledBack<T>(ctx: Context<Actor>, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const undo = new Error('rolled back on purpose');
  let result: { value: T } | undefined;
  try {
    await withTransaction(ctx, async (tx) => {
      result = { value: await work(tx) };
      throw undo;
    });
  } catch (error) {
    if (error !== undo || !result) throw error;
  }
  if (!result) throw undo;
  return result.value;
}

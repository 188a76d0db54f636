import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { generateKey } from '#lib/api-keys/key-format.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { getRedis } from '#lib/redis/client.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

type Credential = 'absent' | 'valid' | 'broken';
const choices: readonly Credential[] = ['absent', 'valid', 'broken'];
const matrix = choices.flatMap((bearer) =>
  choices.flatMap((key) => choices.map((cookie) => [bearer, key, cookie] as const)),
);

const broken = (text: string) => `${text.slice(0, -4)}AAAA`;
const pick = (choice: Credential, valid: string) =>
  choice === 'absent' ? undefined : choice === 'valid' ? valid : broken(valid);

/** Three members, so that the answer tells whose credential counted. */
const members = await Promise.all([createMember(), createMember(), createMember()]);
const [byBearer, byKey, byCookie] = members as [Member, Member, Member];
const { key: validKey } = await createKey(byKey);

test.each(matrix)('bearer %s, key %s, cookie %s: the first that is there decides', async (...choice) => {
  const [bearer, key, cookie] = choice;
  const sentKey = pick(key, validKey);
  const sentCookie = pick(cookie, byCookie.token);
  const { status, body } = await call(getCurrentUser, {
    token: pick(bearer, byBearer.token),
    ...(sentKey && { headers: { 'X-API-Key': sentKey } }),
    ...(sentCookie && { cookies: [`auth_token=${sentCookie}`] }),
  });
  const first = choice.findIndex((credential) => credential !== 'absent');
  const expected = choice[first] === 'valid' ? [200, members[first]?.userId] : [401, undefined];
  expect([status, body.id]).toEqual(expected);
});

describe('an API key', () => {
  const list = (key: string, sourceIp?: string) =>
    call(listProjects, { headers: { 'x-api-key': key }, ...(sourceIp && { sourceIp }) });

  test.each([
    ['a typo', broken(validKey)],
    ['two headers, which arrive as one', `${validKey},${validKey}`],
    ['two headers, one of them empty', `${validKey}, `],
    ['nothing', ''],
    ['an access token', byBearer.token],
    ['100 KB of text', 'x'.repeat(100_000)],
    ['100 KB behind a key', validKey.padEnd(100_000, '0')],
  ])('with %s is refused without a statement', async (_, key) => {
    const before = await countStatements();
    const startedAt = performance.now();
    const { status, body } = await list(key);
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await countStatements()).toBe(before);
  });

  test('is no credential in the Authorization header', async () => {
    const headers = { authorization: `Bearer ${validKey}` };
    expect((await call(listProjects, { headers })).status).toBe(401);
  });

  test('needs no anti-forgery token, from whatever site, also beside a cookie', async () => {
    const { status } = await call(createProject, {
      headers: { 'x-api-key': validKey, 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' },
      cookies: [`auth_token=${byCookie.token}`],
      body: { name: 'By key' },
    });
    expect(status).toBe(201);
  });

  test('has a budget of its own, from all addresses, which guesses at its secret do not use up', async () => {
    const { id, key, headers } = await createKey(await createMember());
    const remaining = async (sent: string) =>
      Number(/r=(\d+)/.exec((await list(sent)).headers.ratelimit ?? '')?.[1]);
    expect(await remaining(key)).toBe(rateLimits.read.burst.limit - 1);
    const guess = generateKey(id).key;
    for (let count = 0; count < 3; count++) await remaining(guess);
    expect(await remaining(key)).toBe(rateLimits.read.burst.limit - 2);
    expect((await call(getCurrentUser, { headers })).headers.ratelimit).toContain(
      `r=${rateLimits.read.burst.limit - 3}`,
    );
  });

  test('that is made up anew each time is limited by its address, before a statement is sent', async () => {
    const sourceIp = '203.0.113.77';
    await getRedis().set(`rate:address:burst:ip:${sourceIp}`, String(rateLimits.address.burst.limit - 1), {
      px: 60_000,
    });
    const attempt = () => list(generateKey(randomUUID()).key, sourceIp);
    expect((await attempt()).status).toBe(401);
    const before = await countStatements();
    const { status, body, headers } = await attempt();
    expect([status, body.code]).toEqual([429, 'rate_limited']);
    expect(headers['retry-after']).toBeDefined();
    expect(await countStatements()).toBe(before);
  });
});

test('a token whose session has ended is not made up for by a key', async () => {
  const { actor, ctx } = await createMember();
  const session = { ...actor.session, id: randomUUID() };
  const ended = await issueAccessToken({ ...actor, session }, ctx.now, new Date(ctx.now.getTime() + 60_000));
  const { status } = await call(getCurrentUser, {
    token: ended.accessToken,
    headers: { 'x-api-key': validKey },
  });
  expect(status).toBe(401);
});

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashPassword } from '#lib/auth/passwords.ts';
import { type ClientOptions, createClient, type SessionTokens } from '#lib/client/src/index.ts';
import { type Gateway, startGateway } from '#lib/local/gateway.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { fetchDeclared } from '#test/support/fetch-declared.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

vi.mock('#lib/client/src/wait.ts', async (original) => ({
  ...(await original<typeof import('#lib/client/src/wait.ts')>()),
  wait: async () => {},
}));

const password = 'correct horse battery staple';
let gateway: Gateway;
let passwordHash: string;

beforeAll(async () => {
  [gateway, passwordHash] = await Promise.all([
    startGateway({ port: await findFreePort(), stage: 'local' }),
    hashPassword(password),
  ]);
});
afterAll(() => gateway.stop());
afterEach(() => {
  vi.useRealTimers();
});

const withPassword = async <M extends Member>(member: M): Promise<M> => {
  await sql`update users set password_hash = ${passwordHash} where id = ${member.userId}`;
  return member;
};

/** A client of the real API, with what it has sent. `onAnswer` can hold an answer back, or lose it. */
function connect(
  credentials: Partial<ClientOptions> = {},
  onAnswer: (line: string) => Promise<void> = async () => {},
) {
  const sent: string[] = [];
  const keys: unknown[] = [];
  const tokens: (SessionTokens | undefined)[] = [];
  const plinth = createClient({
    baseUrl: gateway.url,
    ...credentials,
    onTokens: (next) => tokens.push(next),
    fetch: async (url, init) => {
      const request = new Request(url, init);
      const line = `${request.method} ${new URL(request.url).pathname.replace('/api/v1', '')}`;
      const response = await fetchDeclared(request.url, init);
      sent.push(`${line} ${response.status}`);
      keys.push(request.headers.get('idempotency-key'));
      await onAnswer(line);
      return response;
    },
  } as ClientOptions);
  const count = (part: string) => sent.filter((line) => line.includes(part)).length;
  return { plinth, sent, keys, tokens, count };
}

function losing(first: string): (line: string) => Promise<void> {
  let isLost = false;
  return async (line) => {
    if (isLost || line !== first) return;
    isLost = true;
    throw new TypeError('fetch failed');
  };
}

const logIn = async (member: Member, onAnswer?: (line: string) => Promise<void>) => {
  await withPassword(member);
  return connect({ email: member.email, password }, onAnswer);
};

describe('a session', () => {
  test('begins with the first call, once for all that are made together', async () => {
    const { plinth, sent } = await logIn(await createMember());
    await Promise.all(Array.from({ length: 20 }, () => plinth.listProjects()));
    expect(sent[0]).toBe('POST /auth/login 200');
    expect(sent.slice(1)).toEqual(Array(20).fill('GET /projects 200'));
  });

  test('is refreshed once when twenty calls are refused together', async () => {
    const tenant = await createTenant();
    const [owner, member] = await Promise.all([tenant.addMember(), tenant.addMember(['viewer'])]);
    const [admin, user] = [await logIn(owner), await logIn(member)];
    await user.plinth.getCurrentUser();
    await admin.plinth.updateMember({
      id: tenant.organizationId,
      userId: member.userId,
      body: { role: 'editor' },
    });
    await Promise.all(Array.from({ length: 20 }, () => user.plinth.listProjects()));
    expect([user.count('GET /projects 401'), user.count('GET /projects 200')]).toEqual([20, 20]);
    expect([user.count('/auth/refresh 200'), user.count('/auth/refresh'), user.count('/auth/login')]).toEqual(
      [1, 1, 1],
    );
    expect(user.tokens).toHaveLength(2);
    await user.plinth.createProject({ body: { name: 'Apollo' } });
  });

  test('gets its next token before the last one ends, and nobody waits for it', async () => {
    const { plinth, count, tokens } = await logIn(await createMember());
    await plinth.getCurrentUser();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 14 * 60_000 });
    await plinth.getCurrentUser();
    await vi.waitFor(() => expect(tokens).toHaveLength(2));
    await plinth.getCurrentUser();
    expect([count('401'), count('/auth/refresh 200'), count('/auth/me 200')]).toEqual([0, 1, 3]);
    vi.setSystemTime(Date.now() + 16 * 60_000);
    await plinth.getCurrentUser();
    expect([count('401'), count('/auth/refresh 200')]).toEqual([0, 2]);
  });

  test('survives the lost answer of a refresh', async () => {
    const member = await withPassword(await createMember());
    const first = connect();
    const { refreshToken } = await first.plinth.login({ body: { email: member.email, password } });
    const { plinth, sent } = connect({ refreshToken }, losing('POST /auth/refresh'));
    expect((await plinth.getCurrentUser()).id).toBe(member.userId);
    expect(sent).toEqual(['POST /auth/refresh 200', 'POST /auth/refresh 200', 'GET /auth/me 200']);
  });

  test('switches the organization amid other calls, whose old tokens are refused from then on', async () => {
    const [home, other] = await Promise.all([createTenant(), createTenant()]);
    const member = await home.addMember();
    await other.addUser(member.userId);
    const reads: Promise<unknown>[] = [];
    const { plinth, count } = await logIn(member, async (line) => {
      if (line !== 'POST /auth/switch-organization') return;
      // The service has switched, and this client does not know it yet.
      for (let read = 0; read < 10; read += 1) reads.push(plinth.listProjects());
      await vi.waitFor(() => expect(count('GET /projects 401')).toBe(10), { timeout: 10_000 });
    });
    await plinth.switchOrganization({ body: { organizationId: other.organizationId } });
    await Promise.all(reads);
    expect((await plinth.createProject({ body: { name: 'Apollo' } })).organizationId).toBe(
      other.organizationId,
    );
    expect([count('/auth/refresh'), count('/auth/login')]).toEqual([0, 1]);
  });

  test('switches the organization, and no write that was meant for the last one is done in the next', async () => {
    const [home, other] = await Promise.all([createTenant(), createTenant()]);
    const member = await home.addMember();
    await other.addUser(member.userId);
    const writes: Promise<unknown>[] = [];
    const { plinth, count } = await logIn(member, async (line) => {
      if (line !== 'POST /auth/switch-organization') return;
      writes.push(plinth.createProject({ body: { name: 'Meant for the last one' } }));
      await vi.waitFor(() => expect(count('POST /projects 401')).toBe(1));
    });
    await plinth.switchOrganization({ body: { organizationId: other.organizationId } });
    await expect(writes[0]).rejects.toEqual(expect.objectContaining({ code: 'unauthenticated' }));
    expect((await plinth.listProjects()).items).toEqual([]);
  });

  test('that was ended elsewhere begins anew by itself, but not when another organization was chosen', async () => {
    const [home, other] = await Promise.all([createTenant(), createTenant()]);
    const member = await home.addMember();
    await other.addUser(member.userId);
    const { plinth, count, tokens } = await logIn(member);
    await plinth.getCurrentUser();
    await connect({ refreshToken: tokens[0]?.refreshToken }).plinth.revokeSessions();
    expect((await plinth.getCurrentUser()).id).toBe(member.userId);
    expect(count('/auth/login 200')).toBe(2);

    await plinth.switchOrganization({ body: { organizationId: other.organizationId } });
    await connect({ refreshToken: tokens.at(-1)?.refreshToken }).plinth.revokeSessions();
    const problem = { name: 'PlinthProblem', code: 'invalid_refresh_token', status: 401 };
    await expect(plinth.listProjects()).rejects.toEqual(expect.objectContaining(problem));
    expect(tokens.at(-1)).toBeUndefined();
    expect(count('/auth/login')).toBe(2);
  });

  test('is asked for once with a password that is not right, until the client is told one that is', async () => {
    const member = await withPassword(await createMember());
    const { plinth, sent } = connect({ email: member.email, password: 'what it was last year' });
    const refused = expect.objectContaining({
      name: 'PlinthProblem',
      code: 'invalid_credentials',
      status: 401,
    });
    const together = Array.from({ length: 25 }, () => plinth.listProjects());
    for (const call of together) await expect(call).rejects.toEqual(refused);
    await expect(plinth.getCurrentUser()).rejects.toEqual(refused);
    expect(sent).toEqual(['POST /auth/login 401']);

    await plinth.login({ body: { email: member.email, password } });
    expect((await plinth.getCurrentUser()).id).toBe(member.userId);
  });

  test('ends with a log-out, and without one there is a problem', async () => {
    const member = await withPassword(await createMember());
    const { plinth, tokens } = connect();
    const nobody = expect.objectContaining({ code: 'unauthenticated' });
    await expect(plinth.getCurrentUser()).rejects.toEqual(nobody);
    await plinth.login({ body: { email: member.email, password } });
    await plinth.logout();
    expect(tokens).toEqual([expect.objectContaining({ tokenType: 'Bearer' }), undefined]);
    await expect(plinth.getCurrentUser()).rejects.toEqual(nobody);
  });
});

describe('projects', () => {
  let owner: ReturnType<typeof connect>;
  beforeAll(async () => {
    owner = await logIn(await createMember());
  });

  test('are made once, though the answer is lost', async () => {
    const lossy = connect({ apiKey: await createKey() }, losing('POST /projects'));
    const project = await lossy.plinth.createProject({ body: { name: 'Once', tags: ['once'] } });
    expect(lossy.sent).toEqual(['POST /projects 201', 'POST /projects 201']);
    expect(lossy.keys[0]).toBe(lossy.keys[1]);
    expect((await lossy.plinth.listProjects({ tag: 'once' })).items).toEqual([project]);
  });

  test('are changed by the version that was read', async () => {
    const { plinth } = owner;
    const { id, version } = await plinth.createProject({ body: { name: 'Versions' } });
    await plinth.updateProject({ id, ifMatch: version, body: { status: 'paused' } });
    const stale = plinth.updateProject({ id, ifMatch: version, body: { status: 'archived' } });
    await expect(stale).rejects.toEqual(
      expect.objectContaining({ code: 'precondition_failed', status: 412, currentVersion: 2 }),
    );
    expect(await plinth.deleteProject({ id, ifMatch: 2 })).toBeUndefined();
    expect((await plinth.restoreProject({ id })).version).toBe(4);
  });

  test('are listed page by page, as far as they are taken, and exported and imported', async () => {
    const { plinth, count } = await logIn(await createMember());
    const lines = Array.from({ length: 7 }, (_, index) => ({ name: `Project ${index}` }));
    expect((await plinth.importProjects({ body: lines })).created).toBe(7);
    const names: string[] = [];
    for await (const { name } of plinth.listProjects({ sort: 'name', limit: 3 })) names.push(name);
    expect(names).toEqual(lines.map(({ name }) => name));
    expect(count('GET /projects 200')).toBe(3);
    const page = await plinth.listProjects({ limit: 3 });
    expect([page.items.length, typeof page.nextCursor]).toEqual([3, 'string']);
    for await (const { id } of plinth.listProjects({ limit: 3 })) if (id === page.items[2]?.id) break;
    expect(count('GET /projects 200')).toBe(5);
    const exported: string[] = [];
    for await (const { name } of plinth.exportProjects({ limit: 3 })) exported.push(name);
    expect(exported).toEqual(names);
    expect(count('GET /projects/export 200')).toBe(3);
  });

  test('that are refused say why, part by part', async () => {
    const problem = await owner.plinth.createProject({ body: { name: '' } }).catch((error: unknown) => error);
    expect(problem).toMatchObject({
      name: 'PlinthProblem',
      code: 'validation_failed',
      status: 422,
      isRetryable: false,
      requestId: expect.any(String),
      errors: [{ in: 'body', pointer: '/name' }],
    });
    expect(String(problem)).toMatch(/^PlinthProblem: 422 validation_failed: .+ \(request [\w-]+\)$/);
  });

  async function createKey(): Promise<string> {
    const scopes = ['projects:read', 'projects:create'] as const;
    const { key } = await owner.plinth.createApiKey({ body: { name: 'Import', scopes: [...scopes] } });
    return key;
  }
});

test('who has to wait for minutes is told so by the real limit', async () => {
  const { plinth, sent } = connect();
  const { email } = await createMember();
  for (let mail = 0; mail < 4; mail += 1) await plinth.forgotPassword({ body: { email } });
  const problem = await plinth.forgotPassword({ body: { email } }).catch((error: unknown) => error);
  expect(problem).toMatchObject({ code: 'rate_limited', status: 429, isRetryable: true });
  expect((problem as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(60);
  expect(sent).toHaveLength(5);
});

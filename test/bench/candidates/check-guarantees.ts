import type { CandidateProcess } from './candidate-process.ts';
import { type Candidate, candidates } from './list.ts';
import { createRequests, type Operation, operations, type Request } from './request-events.ts';
import type { Answer } from './worker.ts';
import type { World } from './world.ts';

const success = { read: 200, list: 200, create: 201 };
const keys = [
  ...['createdAt', 'deletedAt', 'description', 'id', 'metadata', 'name', 'organizationId', 'ownerId', 'slug'],
  ...['status', 'tags', 'updatedAt', 'version'],
];
const perMinute = { read: 600, create: 120 };
const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
// What all of helmet, secure-headers and ours set.
const securityHeaders = ['strict-transport-security', 'x-content-type-options'];

/**
 * Throws unless a candidate gives the same JSON and refuses what the others refuse: no token or a forged one (401), a role that may not
 * (403), a bad body (400 or 422), more than the limits (429). Its requests use up two users' budgets. Returns a project as it gives it.
 */
export async function checkGuarantees(
  name: Candidate,
  process: CandidateProcess,
  world: World,
): Promise<unknown> {
  const [token = '', ...tokens] = await world.issueTokens(name);
  const viewer = await world.issueViewerToken(name);
  const make = createRequests([token], world.projectIds);
  const send = async (...requests: Request[]) =>
    (await process.do({ requests, keepAnswers: true })).answers as [Answer, ...Answer[]];
  const expect = (what: string, actual: unknown, ...allowed: unknown[]) => {
    if (!allowed.some((one) => JSON.stringify(one) === JSON.stringify(actual)))
      throw new Error(
        `${candidates[name]}: ${what}: ${JSON.stringify(actual)} instead of ${allowed.join(' or ')}`,
      );
  };
  let project: unknown;
  for (const operation of operations) {
    const [answer] = await send(make(operation));
    expect(operation, answer.status, success[operation]);
    const body = JSON.parse(answer.body);
    // Ours gives times to the microsecond, a Date of the peers to the millisecond.
    if (operation === 'read')
      project = JSON.parse(answer.body.replace(time, (at) => new Date(at).toISOString()));
    expect(`keys of ${operation}`, Object.keys(operation === 'list' ? body.items[0] : body).sort(), keys);
    if (operation === 'list') {
      expect('size of the page', body.items.length, 25);
      expect('a cursor', typeof body.nextCursor, 'string');
    }
    if (name === 'floor') continue;
    const sent = Object.keys(answer.headers).map((header) => header.toLowerCase());
    expect(
      'headers of security',
      securityHeaders.filter((header) => !sent.includes(header)),
      [],
    );
    const [head, payload, signature = ''] = token.split('.');
    const forged = [head, payload, `${signature.slice(0, -8)}AAAAAAA${signature.at(-1)}`].join('.');
    const refused = await send(...[undefined, forged].map((other) => ({ ...make(operation), token: other })));
    expect(
      `${operation} without a valid token`,
      refused.map(({ status }) => status),
      [401, 401],
    );
  }
  if (name === 'floor') return project;
  const create = make('create');
  const [taken, forbidden, ...bad] = await send(
    ...[create, create].slice(1),
    { ...make('create'), token: viewer },
    ...badBodies(make, 'create'),
  );
  expect('create', taken.status, 201);
  expect('create as a viewer', forbidden?.status, 403);
  for (const { status } of bad) expect('a bad body', status, 400, 422);
  const [again] = await send(create);
  expect('a slug twice', again.status, 409);
  for (const [index, operation] of (['read', 'create'] as const).entries()) {
    const most = perMinute[operation];
    const token = tokens[index];
    const requests = Array.from({ length: most + 1 }, () => ({ ...make(operation), token }));
    const statuses = (await send(...requests)).map(({ status }) => status);
    expect(`${operation}: ${most} of a minute`, [...new Set(statuses.slice(0, most))], [success[operation]]);
    expect(`${operation}: request ${most + 1} of a minute`, statuses.at(-1), 429);
  }
  return project;
}

function badBodies(make: (operation: Operation) => Request, operation: Operation): Request[] {
  return [
    '{"name":"", "slug":"a"}',
    '{"name":"a","slug":"A B"}',
    '{"name":"a","slug":"a","unknown":1}',
    '{"name"',
  ].map((body) => ({ ...make(operation), body }));
}

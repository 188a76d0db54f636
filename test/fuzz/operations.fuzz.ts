import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { textOf } from '#test/support/call.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { sentStatements } from '#test/support/sent-statements.ts';
import { describeFailure } from './describe-failure.ts';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import { makeRequest } from './make-request.ts';
import { type DeclaredOperation, declaredOperations } from './published-contract.ts';
import { firstPlans, type Plan, planOf } from './request-plan.ts';
import { createTally } from './tally.ts';
import { createWorld, remember, type World } from './world.ts';

declare module 'vitest' {
  interface ProvidedContext {
    fuzz: { readonly seed: number; readonly requests: number; readonly operation?: string };
  }
}

const { seed, requests, operation: only } = inject('fuzz');
// Then the next operation has its turn, which meets what this one has left behind.
const turn = 22;

const { endpoints } = await loadOperations();
const subjects = endpoints.flatMap((operation) => {
  const declared = declaredOperations.get(operation.spec.id);
  return declared && (!only || only === operation.spec.id) ? [{ operation, declared }] : [];
});
const rounds = Math.ceil(requests / (subjects.length * turn));
const runs = Math.ceil(requests / (subjects.length * rounds));
const tally = createTally();

/** The same for the same run, round and operation, whichever others run. */
function seedOf(round: number, id: string): number {
  return createHash('sha256').update(`${seed}/${round}/${id}`).digest().readInt32BE();
}

// Those of the turn before have been checked for their organization.
beforeEach(() => {
  sentStatements.length = 0;
});

describe.each(Array.from({ length: rounds }, (_, index) => index + 1))('round %i', (round) => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld(`${seed}r${round}`.replace('-', 'n'));
  });

  const inTurn = subjects
    .map((subject) => [subject.operation.spec.id, subject] as const)
    .toSorted(([a], [b]) => seedOf(round, a) - seedOf(round, b));
  test.each(inTurn)('%s', async (id, { operation, declared }) => {
    let failure = '';
    let firstAt: number | undefined;
    const property = fc.asyncProperty(planOf(declared), async (plan) => {
      // While it gets smaller nothing may be refused for another reason: new people have all of their limits.
      if (failure) world.prepared.clear();
      const found = await tryPlan(operation, declared, plan, world);
      if (!found) return;
      failure = found;
      firstAt ??= tally.total();
      throw new Error(found);
    });
    world.prepared.clear();
    const { failed, counterexample, errorInstance } = await fc.check(property, {
      seed: seedOf(round, id),
      numRuns: runs,
      examples: firstPlans.map((plan): [Plan] => [plan]),
    });
    if (failed)
      throw new Error(
        `${failure || inspect(errorInstance)}\n\nfirst at request ${firstAt} of the run; plan: ${fc.stringify(counterexample?.[0])}\n\nAgain: npm run test:fuzz -- --seed ${seed} --requests ${requests}${only ? ` --operation ${only}` : ''}`,
      );
  });
});

/** What is wrong with the answers to the request of a plan, with request and answer; undefined when nothing is. */
async function tryPlan(
  operation: EndpointOperation,
  declared: DeclaredOperation,
  plan: Plan,
  world: World,
): Promise<string | undefined> {
  const { event, mustBeRefusedFor } = await makeRequest(operation, declared, plan, world);
  const send = () => sendEvent(operation, event);
  const answers = [];
  if (plan.times === 'twice at once') answers.push(...(await Promise.all([send(), send()])));
  else answers.push(await send());
  if (plan.times === 'twice') answers.push(await send());
  for (const answer of answers) {
    const problems = await judgeAnswer(operation.spec, answer, (text) =>
      JSON.stringify(event).includes(text),
    );
    if (mustBeRefusedFor && answer.status < 400)
      problems.push(`succeeds with a broken rule: ${mustBeRefusedFor}`);
    const secret = plan.actor === 'stranger' ? world.secret : world.strangersSecret;
    if (operation.spec.access !== 'public' && answer.text.includes(secret))
      problems.push('shows what belongs to another organization');
    problems.push(...takeErrorLogs().map((call) => `logs an error: ${JSON.stringify(call).slice(0, 600)}`));
    tally.count(operation.spec.id, answer.status);
    remember(world, operation.spec.id, event.rawPath, event.rawQueryString, answer);
    if (problems.length > 0) return describeFailure(problems, plan.actor, event, answer);
  }
  return undefined;
}

async function sendEvent({ handler }: EndpointOperation, event: APIGatewayProxyEventV2): Promise<Answer> {
  const response = await handler(structuredClone(event), lambdaContext());
  const { statusCode, headers = {}, cookies = [] } = response;
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { status: Number(statusCode), headers: Object.fromEntries(names), cookies, text: textOf(response) };
}

test('every operation has succeeded and has refused', () => {
  expect(tally.oneSided(subjects.map(({ operation }) => operation.spec.id))).toEqual([]);
});

afterAll(() => console.log(tally.print(seed)));

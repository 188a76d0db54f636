import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { routeKeyOf, routeKeysOf } from '#lib/http/define-router.ts';
import type { HttpResponse } from '#lib/http/middleware.ts';
import { type FunctionInstance, type FunctionSpec, startInstance } from '#lib/local/function-instance.ts';
import { readPackagedFunctions } from '#lib/local/packaged-functions.ts';
import { FunctionError } from '#lib/local/runtime-api.ts';
import { unpackZip } from '#lib/local/unpack-zip.ts';
import { readAnswer } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { succeeding } from '#test/support/scenario.ts';
import { createMember, sql } from '#test/support/tenant.ts';

// The median of so many is printed.
const startsOfEach = 3;

const folder = mkdtempSync(join(tmpdir(), 'plinth-package-'));
const functions = readPackagedFunctions();
const { endpoints, jobs, tasks } = await loadOperations();
const scheduled = jobs.filter(({ spec }) => spec.schedule);
const instances = new Set<FunctionInstance>();
const rows: { id: string; bundleKb: number; zipKb: number; initMs: number }[] = [];
let output = '';

beforeAll(async () => {
  const { initMs } = await startMeasured(made('exports.handler = async () => {};'));
  rows.push({ id: '(empty)', bundleKb: 0, zipKb: 0, initMs });
});

afterEach(async () => {
  await Promise.all([...instances].map((instance) => instance.stop()));
  instances.clear();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  printTable();
});

async function start(spec: FunctionSpec): Promise<FunctionInstance> {
  output = '';
  const instance = await startInstance(spec, join(folder, spec.id), (text) => {
    output += text;
  });
  instances.add(instance);
  return instance;
}

/** The last of some starts, with the median of their times. */
async function startMeasured(spec: FunctionSpec): Promise<{ instance: FunctionInstance; initMs: number }> {
  const times = [];
  let instance: FunctionInstance;
  do {
    instance = await start(spec);
    times.push(instance.initMs);
    if (times.length < startsOfEach) await instance.stop();
  } while (times.length < startsOfEach);
  return { instance, initMs: times.sort((one, other) => one - other)[startsOfEach >> 1] ?? Number.NaN };
}

/** A function of one file. */
function made(source: string, timeoutSeconds = 10): FunctionSpec {
  const id = `made${rows.length}${source.length}`;
  mkdirSync(join(folder, id));
  writeFileSync(join(folder, id, 'index.js'), source);
  return { id, handler: 'index.handler', timeoutSeconds, memoryMb: 128, environment: { MADE: 'here' } };
}

test('every operation is in one packaged function', () => {
  const hosted = functions.flatMap(({ routeKeys }) => routeKeys).sort();
  expect(hosted).toEqual(endpoints.flatMap(({ spec }) => routeKeysOf(spec)).sort());
  const names = functions.map(({ id }) => id);
  const others = [...scheduled, ...tasks].map(({ spec }) => spec.id);
  expect(names).toEqual(expect.arrayContaining(others));
  const endpointHosts = functions.filter(({ routeKeys }) => routeKeys.length > 0);
  expect(names).toHaveLength(endpointHosts.length + others.length);
});

test.each(functions.map((packaged) => [packaged.id, packaged] as const))(
  '%s starts under the runtime client and answers its events',
  async (id, packaged) => {
    unpackZip(packaged.zip, join(folder, id));
    const bundle = join(folder, id, packaged.handler.replace(/\.handler$/, '.js'));
    const { instance, initMs } = await startMeasured(packaged);
    rows.push({
      id,
      bundleKb: statSync(bundle).size / 1024,
      zipKb: statSync(packaged.zip).size / 1024,
      initMs,
    });
    for (const operation of endpoints.filter(({ spec }) => packaged.routeKeys.includes(routeKeyOf(spec)))) {
      const { spec, handler } = operation;
      const request = await succeeding(operation, await createMember('owner', 'operator'));
      const event = toEvent(handler, request);
      const answer = await readAnswer(handler, event, (await instance.invoke(event)) as HttpResponse);
      expect(answer.status, `${spec.id}: ${answer.text}\n${output}`).toBe(spec.response.status);
    }
    for (const { spec, module } of jobs.filter(({ spec }) => spec.id === id)) {
      const event = JSON.parse(readFileSync(`${module.replace('functions/', 'events/')}.json`, 'utf8'));
      // Another function's events may have paused it, and the slot of an event file is long past.
      await sql`update jobs set paused_at = null where id = ${id}`;
      const answer = await instance.invoke({ ...event, time: new Date().toISOString() });
      expect(answer, `${spec.id}: ${output}`).toMatchObject({ outcome: 'succeeded' });
    }
    for (const { module } of tasks.filter(({ spec }) => spec.id === id)) {
      const event = JSON.parse(readFileSync(`${module.replace('functions/', 'events/')}.json`, 'utf8'));
      expect(await instance.invoke(event), output).toMatchObject({ drift: [] });
    }
  },
);

test('a function sees its own environment, and the context that Lambda makes', async () => {
  const instance = await start(
    made(`exports.handler = async (event, context) => ({
      event, name: context.functionName, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(),
      made: process.env.MADE, leaked: process.env.AUTH_SECRET });`),
  );
  const answer = (await instance.invoke({ text: 'ä' })) as Record<string, unknown>;
  expect(answer).toMatchObject({ event: { text: 'ä' }, memory: '128', made: 'here' });
  expect(answer.leaked).toBeUndefined();
  expect(answer.left).toBeGreaterThan(9_000);
});

test('events that come together are answered one after the other', async () => {
  const instance = await start(
    made(`let running = 0;
      exports.handler = async (event) => {
        if (running++ > 0) throw new Error('two at once');
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return event;
      };`),
  );
  const events = Array.from({ length: 20 }, (_, index) => index);
  expect(await Promise.all(events.map((event) => instance.invoke(event)))).toEqual(events);
});

test('what a function throws, and its end, reach the caller; a function that is too slow is ended', async () => {
  const thrower = await start(
    made(`exports.handler = async (event) => { if (event) throw new TypeError('no'); process.exit(3); };`),
  );
  await expect(thrower.invoke(true)).rejects.toThrow(new FunctionError('TypeError', 'no'));
  await expect(thrower.invoke(false)).rejects.toThrow('ended with 3');
  const sleeper = await start(
    made('exports.handler = () => new Promise(() => setInterval(() => {}, 1000));', 0.1),
  );
  await expect(sleeper.invoke({})).rejects.toThrow('timed out after 0.1 seconds');
  await sleeper.ended;
});

test('a function that cannot be initialized says why', async () => {
  await expect(start(made('throw new RangeError("at init");'))).rejects.toThrow('RangeError: at init');
  await expect(start(made('exports.other = 1;'))).rejects.toThrow('Runtime.HandlerNotFound');
});

test('a zip that is damaged is refused', () => {
  const [packaged] = functions;
  const zip = readFileSync(packaged?.zip ?? '');
  const path = join(folder, 'damaged.zip');
  const checksum = zip.indexOf('PK\x01\x02') + 16;
  zip.writeUInt8(zip.readUInt8(checksum) ^ 1, checksum);
  writeFileSync(path, zip);
  expect(() => unpackZip(path, dirname(path))).toThrow('is damaged');
  writeFileSync(path, zip.subarray(0, 1_000));
  expect(() => unpackZip(path, dirname(path))).toThrow('is no zip');
});

function printTable(): void {
  const emptyMs = rows[0]?.initMs ?? 0;
  const columns = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(26) : cell.padStart(12))).join('');
  const lines = rows.map(({ id, bundleKb, zipKb, initMs }) =>
    columns([id, bundleKb.toFixed(1), zipKb.toFixed(1), initMs.toFixed(0), (initMs - emptyMs).toFixed(0)]),
  );
  console.log(
    `\nThe median of ${startsOfEach} starts under the runtime client\n${[columns(['function', 'bundle KB', 'zip KB', 'init ms', 'over empty']), ...lines].join('\n')}\n`,
  );
}

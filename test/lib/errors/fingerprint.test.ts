import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { kindOf } from '#lib/errors/fingerprint.ts';

const of = (error: unknown, operation = 'getProject') => kindOf(operation, 'internal', error).fingerprint;

const source = `
export class BadRow extends TypeError {}
function readRow(row) { return row.project.name }
export function failAtProperty() { readRow({}) }
export function failAtCall() { const handlers = {}; handlers.missing() }
export function failByHand() { throw new Error('row 17 of "abc" is broken') }
export function failAround() { try { readRow({}) } catch (cause) { throw new Error('outer', { cause }) } }`;

async function failuresOf(contents: string, minify: boolean): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-fingerprint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'bundle.cjs');
  await build({ stdin: { contents }, outfile, minify, bundle: true, format: 'cjs' });
  const module = createRequire(import.meta.url)(outfile);
  return ['failAtProperty', 'failAtCall', 'failByHand', 'failAround'].map((name) => {
    try {
      module[name]();
    } catch (error) {
      return of(error);
    }
    throw new Error(`${name} did not fail`);
  });
}

test('a fingerprint survives shifted lines, other functions around it, and the minifier', async () => {
  const now = await failuresOf(source, false);
  expect(
    await failuresOf(`${'\n'.repeat(40)}const x = 1;\nfunction other() { return x }\n${source}`, false),
  ).toEqual(now);
  expect(await failuresOf(`export const y = [].map((z) => z);\n${source}`, true)).toEqual(now);
  expect(new Set(now).size).toBe(3);
});

test.each([
  [new Error('row 17 of "abc"'), new Error('row 4711 of "xyz"')],
  [
    new Error('no project 01980000-0000-7000-8000-000000000001'),
    new Error('no project 0198ffff-0000-7000-8000-00000000abcd'),
  ],
  [new Error("invalid input: 'a b c'"), new Error("invalid input: 'd e'")],
  [new Error('timeout after 1.5 s'), new Error('timeout after 20 s')],
  [new Error('mail to ada@example.com'), new Error('mail to bob@example.org')],
  [new Error('digest deadbeef0123456789'), new Error('digest 0123456789abcdef01')],
  [new Error('in ($1, $2)'), new Error('in ($1, $2, $3, $4)')],
  [new Error('one', { cause: new Error('root') }), new Error('two', { cause: new Error('root') })],
])('what differs each time does not count: %s', (one, other) => {
  expect(of(one)).toBe(of(other));
});

test('operation, class, code and property count', () => {
  const reading = (property: string) =>
    new TypeError(`Cannot read properties of undefined (reading '${property}')`);
  const kinds = [
    of(reading('id')),
    of(reading('name')),
    of(reading('id'), 'listProjects'),
    of(new Error(reading('id').message)),
    of(Object.assign(new Error('x'), { code: '23505' })),
    of(Object.assign(new Error('x'), { code: '23503' })),
  ];
  expect(new Set(kinds).size).toBe(kinds.length);
});

test('an outage is one group across operations', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const [one, other] = ['getProject', 'listProjects'].map((operation) =>
    kindOf(operation, 'unavailable', refused),
  );
  expect(one?.fingerprint).toBe(other?.fingerprint);
});

test('errors that the minifier or a library names are named by what they are', () => {
  const minified = Object.assign(new Error('duplicate key'), { name: 'e', severity: 'ERROR', code: '23505' });
  expect(kindOf('x', 'internal', minified)).toMatchObject({ errorClass: 'PostgresError 23505' });
  expect(kindOf('x', 'internal', Object.assign(new Error('x'), { name: 't' })).errorClass).toBe('Error');
});

test('no thrown value breaks it, and no secret is in the title', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('hostile');
    },
  });
  const circular = new Error('circle');
  circular.cause = circular;
  for (const value of [hostile, circular, null, undefined, 7, new AggregateError([], 'none')])
    expect(of(value)).toMatch(/^[0-9a-f]{32}$/);
  expect(kindOf('x', 'internal', new Error('password=hunter2 for ada@example.com')).title).not.toMatch(
    /hunter2|ada@/,
  );
});

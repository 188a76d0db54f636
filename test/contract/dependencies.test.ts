import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprintOf, renderClientDocument } from '#lib/generate/client-operations.ts';

const readText = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
const read = (file: string) => JSON.parse(readText(file));
const { dependencies, devDependencies, allowScripts } = read('package.json');
const installed = Object.entries(
  read('package-lock.json').packages as Record<
    string,
    { version: string; license?: string; dev?: boolean; resolved?: string; hasInstallScript?: boolean }
  >,
).filter(([path]) => path !== '');

// Those whose terms the Apache License 2.0 can be combined with, without a duty for who deploys.
const compatible = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);

test('what is deployed has a licence that goes with Apache-2.0', () => {
  const others = installed.filter(([, { dev, license }]) => !dev && !compatible.has(license ?? ''));
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

test('every dependency of ours is named by its exact version', () => {
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
  );
  expect(loose).toEqual([]);
});

test('the lockfile names no registry, so that everybody’s own is asked', () => {
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

test('of every package that wants to run a script at its installation it is said whether it may', () => {
  const undecided = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
    .filter((name) => !(name in allowScripts));
  expect(undecided).toEqual([]);
});

test('the package of the client needs no other one, and is built by exact versions of no particular registry', () => {
  const client = read('lib/client/package.json');
  expect(Object.keys(client)).not.toContain('dependencies');
  expect(Object.values(client.devDependencies)).toEqual(
    Object.values(client.devDependencies).map(() => expect.stringMatching(/^\d+\.\d+\.\d+$/)),
  );
  expect(readText('lib/client/package-lock.json')).not.toContain('"resolved"');
  expect(client.version).toBe(read('package.json').version);
});

test('the types of the client are those of the document; `npm run build:client` makes them so', () => {
  const document = renderClientDocument(readText('functions/docs/openapi.json'));
  const [header] = readText('lib/client/src/generated/api.ts').split('\n');
  expect(header).toContain(`SHA-256 ${fingerprintOf(document)}.`);
});

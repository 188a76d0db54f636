import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const path = 'functions/docs/openapi.json';
// biome-ignore lint/suspicious/noExplicitAny: a document that tests change in places.
type Document = any;
const original = readFileSync(join(root, path), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'plinth-check-breaking-'));
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder });

/** Runs the check where the document is as `change` makes it, and main has ours. */
function check(change: (document: Document) => void, ...args: string[]) {
  const document = JSON.parse(original);
  document.info.version = '1.4.2';
  change(document);
  writeFileSync(join(folder, path), JSON.stringify(document));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'lib/local/check-breaking.ts'), ...args],
    { cwd: folder, encoding: 'utf8' },
  );
  return { status, text: stdout + stderr };
}

const project = (document: Document) => document.components.schemas.Project;
const reading = (document: Document) => document.paths['/api/v1/projects/{id}'].get;
const listing = (document: Document) => document.paths['/api/v1/projects'].get;

beforeAll(() => {
  mkdirSync(join(folder, 'functions/docs'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '--message=before');
  git('tag', 'empty');
  const document = JSON.parse(original);
  document.info.version = '1.4.2';
  const old = structuredClone(reading(document));
  const sunset = (deprecated: object) => ({
    get: { ...old, operationId: undefined, deprecated: true, ...deprecated },
  });
  document.paths['/api/v1/over/{id}'] = sunset({ 'x-sunset': '2026-01-01' });
  document.paths['/api/v1/ending/{id}'] = sunset({ 'x-sunset': '2999-01-01' });
  writeFileSync(join(folder, path), JSON.stringify(document));
  git('add', '.');
  git('commit', '--quiet', '--message=main');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keepEnding = (document: Document) => {
  const main = JSON.parse(git('show', `HEAD:${path}`).toString());
  Object.assign(document.paths, main.paths);
};

describe('fails and says what breaks for whom', () => {
  test.each<[string, (document: Document) => void, string]>([
    [
      'a field that is gone from an answer',
      (document) => {
        delete project(document).properties.slug;
        project(document).required = project(document).required.filter((name: string) => name !== 'slug');
      },
      'GET /api/v1/projects/{id} (getProject)',
    ],
    ['a route that is gone', (document) => delete document.paths['/api/v1/projects/{id}'].get, 'getProject'],
    [
      'a deprecated route that is gone before its sunset',
      (document) => delete document.paths['/api/v1/ending/{id}'],
      '/api/v1/ending/{id}',
    ],
    [
      'a parameter that is gone',
      (document) => listing(document).parameters.pop(),
      'GET /api/v1/projects (listProjects)',
    ],
    [
      'a parameter that is required now',
      (document) => {
        listing(document).parameters[0].required = true;
      },
      'GET /api/v1/projects (listProjects)',
    ],
    [
      'a value that is gone from a request',
      (document) => document.components.schemas.CreateProjectInput.properties.status.enum.pop(),
      'POST /api/v1/projects (createProject)',
    ],
  ])('%s', (_, change, operation) => {
    const { status, text } = check((document) => {
      keepEnding(document);
      change(document);
    });
    expect(text).toContain(operation);
    expect(text).toContain('the version is still 1.4.2');
    expect(text).toContain('raise "version" in package.json to 2.0.0');
    expect(status).toBe(1);
  });

  test('and what only may, too', () => {
    const { status, text } = check((document) => {
      keepEnding(document);
      document.components.schemas.CreateProjectInput.properties.slug.pattern = '^[a-z]+$';
      delete document.paths['/api/v1/projects/{id}'].get;
    });
    expect(text).toContain('  - may break: changed the pattern of the request property `slug`');
    expect(text).toMatch(/getProject\)\n {2}- (?!may break)/);
    expect(text).toContain('This breaks clients, and the version is still 1.4.2.');
    expect(status).toBe(1);
  });

  test('also when the version is not raised enough', () => {
    const { status, text } = check((document) => {
      keepEnding(document);
      delete document.paths['/api/v1/projects/{id}'].get;
      document.info.version = '1.5.0';
    });
    expect([status, text]).toEqual([1, expect.stringContaining('the version is 1.5.0')]);
  });
});

describe('passes', () => {
  test('what is added: a route, an optional parameter, a field and an error code', () => {
    const { status, text } = check((document) => {
      keepEnding(document);
      document.paths['/api/v2/projects/{id}'] = {
        get: { ...reading(document), operationId: 'getProjectV2' },
      };
      listing(document).parameters.push({
        name: 'new',
        in: 'query',
        required: false,
        schema: { type: 'string' },
      });
      project(document).properties.colour = { type: 'string' };
      project(document).required.push('colour');
      const { schemas, responses } = document.components;
      schemas.ErrorCode.enum.push('new_code');
      schemas.NewCodeProblem = structuredClone(schemas.NotFoundProblem);
      schemas.NewCodeProblem.properties.code.const = 'new_code';
      const added = { $ref: '#/components/schemas/NewCodeProblem' };
      const [first, next] = [responses.NotFound, responses.UnauthenticatedOrStepUpRequired].map(
        ({ content }) => content['application/problem+json'],
      );
      first.schema = { oneOf: [first.schema, added] };
      next.schema.oneOf.push(added);
    });
    expect([status, text]).toEqual([0, 'Nothing breaks clients of main.\n']);
  });

  test('what may break or not, and says that somebody has to look at it, whatever the version', () => {
    for (const version of ['1.4.2', '2.0.0']) {
      const { status, text } = check((document) => {
        keepEnding(document);
        document.components.schemas.CreateProjectInput.properties.slug.pattern = '^[a-z]+$';
        document.info.version = version;
      });
      expect(text).toContain('POST /api/v1/projects (createProject)\n  - may break: changed the pattern');
      expect(text).toContain('Nothing surely breaks clients of main, so this passes.');
      expect(text).not.toContain('as it may');
      expect(status).toBe(0);
    }
  });

  test('a deprecated route that is gone after its sunset', () => {
    const { status } = check((document) => {
      keepEnding(document);
      delete document.paths['/api/v1/over/{id}'];
    });
    expect(status).toBe(0);
  });

  test('what breaks under a version that says so, and still tells it', () => {
    const { status, text } = check((document) => {
      keepEnding(document);
      delete document.paths['/api/v1/projects/{id}'].get;
      document.info.version = '2.0.0';
    });
    expect(text).toContain('getProject');
    expect(text).toContain('Version 2.0.0 breaks clients of 1.4.2 (main), as it may.');
    expect(status).toBe(0);
  });

  test('what lacks a route that main has got since the branch left it', () => {
    git('branch', 'work');
    const document = JSON.parse(git('show', `main:${path}`).toString());
    document.paths['/api/v1/meanwhile/{id}'] = { get: { ...reading(document), operationId: 'meanwhile' } };
    writeFileSync(join(folder, path), JSON.stringify(document));
    git('commit', '--quiet', '--all', '--message=meanwhile');
    git('switch', '--quiet', 'work');
    const { status, text } = check(keepEnding);
    git('branch', '--force', 'main', 'work');
    expect([status, text]).toEqual([0, 'Nothing breaks clients of main.\n']);
  });

  test('the first document, with a note', () => {
    expect(check(() => {}, '--base', 'empty')).toEqual({
      status: 0,
      text: `empty has no ${path} yet: there is nothing to break.\n`,
    });
  });
});

test('says what to do when there is no main to compare with', () => {
  expect(check(() => {}, '--base', 'origin/main')).toEqual({
    status: 2,
    text: 'There is no origin/main here to compare with: git fetch origin main\n',
  });
});

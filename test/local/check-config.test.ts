import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { findConfigProblems } from '#lib/local/find-config-problems.ts';
import { getParameters } from '#lib/outbound/get-parameters.ts';
import { startParameterStore } from '#test/support/parameter-store.ts';

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const secrets = {
  '/plinth/prod/DATABASE_URL': `postgres://plinth:${random(18)}@db/plinth?sslmode=verify-full`,
  '/plinth/prod/UPSTASH_REDIS_REST_URL': 'https://redis.example.com',
  '/plinth/prod/UPSTASH_REDIS_REST_TOKEN': random(45),
  '/plinth/prod/AUTH_SECRET': random(32),
};
const store = await startParameterStore(secrets);
const account = { AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID };
const settings = { MAIL_FROM: 'no-reply@example.com' };
const folder = mkdtempSync(join(tmpdir(), 'plinth-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The command line: its code, and what it says. */
async function run(options: string[], environment: Record<string, string> = {}) {
  const { PATH, AWS_ENDPOINT_URL_SSM } = process.env;
  const env = { PATH, AWS_ENDPOINT_URL_SSM, ...environment };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['lib/local/check-config.ts', ...options],
      { env },
    );
    return { code: 0, text: stderr + stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stderr + stdout };
  }
}

test('the command names every problem, what to do about it, and ends with 78; without an account it says what it has not seen', async () => {
  const file = join(folder, 'prod.env');
  writeFileSync(
    file,
    'PUBLIC_URL=http://api.example.com\nPOWERTOOLS_LOG_LEVEL=DEBUG\nMAIL_FROM=no-reply@example.com\n',
  );
  const { code, text } = await run(['--stage', 'prod', '--env-file', file], {
    POWERTOOLS_LOG_LEVEL: 'INFO',
    AUTH_SECRET: 'hunter2',
  });
  expect(code).toBe(78);
  expect(text).toContain(
    'PUBLIC_URL must be https in stage prod\n    set PUBLIC_URL in the environment of the deploy',
  );
  expect(text, 'the environment counts before the file').not.toContain('DEBUG');
  expect(text).toContain('prod: 1 problem');
  expect(text).toContain('no AWS credentials');
  expect(text).not.toContain('hunter2');
});

test('the command ends with 0 when there is nothing to say, also in a clean clone', async () => {
  expect(await run([])).toMatchObject({ code: 0, text: expect.stringContaining('local: no problem') });
});

test('with an account the parameters are looked at, and the command that sets each is told', async () => {
  expect(await findConfigProblems('prod', { ...account, ...settings })).toEqual({
    problems: [],
    secrets: 'checked',
  });
  store.values = { ...secrets, '/plinth/prod/UPSTASH_REDIS_REST_TOKEN': 'hunter2' };
  delete store.values['/plinth/prod/AUTH_SECRET'];
  const { problems } = await findConfigProblems('prod', { ...account, ...settings, AUTH_SECRET: random(32) });
  store.values = secrets;
  expect(problems.map(({ key, remedy }) => [key, remedy])).toEqual([
    [
      'AUTH_SECRET',
      `aws ssm put-parameter --type SecureString --name /plinth/prod/AUTH_SECRET --value "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d =)"`,
    ],
    [
      'UPSTASH_REDIS_REST_TOKEN',
      "aws ssm put-parameter --type SecureString --name /plinth/prod/UPSTASH_REDIS_REST_TOKEN --overwrite --value '…'",
    ],
  ]);
});

test('a domain needs its certificate, and clients its address, as the default one is switched off', async () => {
  const of = async (environment: Record<string, string>) =>
    (await findConfigProblems('prod', { ...account, ...settings, ...environment })).problems;
  const [DOMAIN_NAME, CERTIFICATE_ARN] = ['api.example.com', 'arn:aws:acm:eu-central-1:1:certificate/1'];
  expect((await of({ DOMAIN_NAME, CERTIFICATE_ARN: '', PUBLIC_URL: '' })).map(({ key }) => key)).toEqual([
    'PUBLIC_URL',
    'CERTIFICATE_ARN',
  ]);
  expect(await of({ DOMAIN_NAME, CERTIFICATE_ARN })).toEqual([
    {
      key: 'PUBLIC_URL',
      rule: 'is missing, as DOMAIN_NAME is set',
      isMissing: true,
      remedy: 'set PUBLIC_URL in the environment of the deploy',
    },
  ]);
  const PUBLIC_URL = 'https://www.example.com';
  expect(await of({ DOMAIN_NAME, CERTIFICATE_ARN, PUBLIC_URL })).toEqual([]);
});

test('who may not read secrets is told so', async () => {
  store.faults = ['deny'];
  expect(await findConfigProblems('prod', { ...account, ...settings })).toEqual({
    problems: [],
    secrets: 'denied',
  });
});

test.each([
  ['hang', 'SSM does not answer (within 750 ms)'],
  ['break', 'SSM answers 500'],
] as const)(
  'when SSM does %s, the command says so, looks at the rest, and ends with 75',
  async (fault, reason) => {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    store.fault = fault;
    // Services may be called by http in this stage, which is not the one that is looked at.
    const environment = { PLINTH_STAGE: 'test', AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const [well, broken] = await Promise.all([
      run(['--stage', 'prod'], { ...environment, ...settings }),
      run(['--stage', 'prod'], environment),
    ]);
    store.fault = undefined;
    expect(well.code).toBe(75);
    expect(well.text).toMatch(/^prod: no problem\. The secrets in SSM could not be looked at: .*\n$/);
    expect(well.text).toContain(reason);
    expect([broken.code, broken.text]).toEqual([78, expect.stringContaining('MAIL_FROM must be')]);
  },
);

test('half of the credentials is no answer, and a mistake is thrown', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  expect(await findConfigProblems('prod', { ...account, ...settings })).toMatchObject({
    problems: [],
    secrets: 'no answer',
    reason: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
  });
  vi.unstubAllEnvs();
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', 'no address');
  await expect(findConfigProblems('prod', { ...account, ...settings })).rejects.toThrow(TypeError);
  vi.unstubAllEnvs();
});

test('more parameters than SSM takes in one call are read in several', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 21 }, (_, index) => [`/plinth/prod/${index}`, `of ${index}`]),
  );
  store.values = many;
  expect(Object.fromEntries(await getParameters(Object.keys(many)))).toEqual(many);
  store.values = secrets;
});

test('a stage that does not exist is a problem, and local needs no secret but takes no bad one', async () => {
  const keysOf = async (stage: string, environment: Record<string, string>) =>
    (await findConfigProblems(stage, environment)).problems.map(({ key }) => key);
  expect(await keysOf('production', {})).toEqual(['PLINTH_STAGE']);
  expect(await keysOf('local', {})).toEqual([]);
  expect(await keysOf('local', { AUTH_SECRET: 'short' })).toEqual(['AUTH_SECRET']);
  for (const userinfo of ['u:pa#ss', 'u:pa/ss', 'u:p%zz', 'u:p?x'])
    expect(await keysOf('local', { DATABASE_URL: `postgres://${userinfo}@db:5432/plinth` })).toEqual([
      'DATABASE_URL',
    ]);
  for (const host of [
    'u:p,w@a:5432,b:5432/plinth',
    'a,b/plinth',
    'u@db',
    'u:p%23@[::1]:5432/plinth?sslmode=require',
  ])
    expect(await keysOf('local', { DATABASE_URL: `postgres://${host}` })).toEqual([]);
});

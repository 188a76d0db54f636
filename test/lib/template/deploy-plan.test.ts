import { expect, test } from 'vitest';
import { describeRelease, listSteps, refusalOf, withoutEmpty } from '#lib/template/deploy-plan.ts';

const checkout = { commit: '1db5a02c', release: 'v1.2.0', isChanged: false };

test('a deployment checks the configuration, then builds, and deploys just that build', () => {
  const commands = listSteps('prod').map(({ command }) => command.join(' '));
  expect(commands).toEqual([
    'npm run --silent config:check -- --stage prod',
    'npm run --silent package -- --stage prod',
    'serverless deploy --package .serverless --stage prod',
  ]);
});

test('what is not committed is deployed to dev and test only, and says so', () => {
  const changed = { ...checkout, isChanged: true };
  for (const stage of ['staging', 'prod']) {
    expect(refusalOf(stage, changed)).toMatch(/not committed/);
    expect(refusalOf(stage, checkout)).toBeUndefined();
  }
  expect(refusalOf('dev', changed)).toBeUndefined();
  expect(describeRelease(changed, new Date(0)).COMMIT).toBe('1db5a02c-changed');
});

test('functions are told commit, release and time of the build', () => {
  expect(describeRelease(checkout, new Date('2026-11-21T12:00:00Z'))).toEqual({
    COMMIT: '1db5a02c',
    RELEASE: 'v1.2.0',
    BUILT_AT: '2026-11-21T12:00:00.000Z',
  });
});

test('a setting that is empty, as GitHub gives a variable that there is not, leaves the default in place', () => {
  expect(withoutEmpty({ PUBLIC_URL: '', VPC: 'own', HOME: undefined })).toEqual({ VPC: 'own' });
});

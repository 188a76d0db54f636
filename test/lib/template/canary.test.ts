import { expect, test } from 'vitest';
import Canary from '#lib/template/canary.ts';
import { isFields } from '#lib/template/template.ts';

interface Definition {
  versionFunction?: boolean;
  versionLogicalId?: string;
  targetAlias?: { readonly name: string; readonly logicalId: string };
}

function packageWith(canary: string) {
  const functions: Record<string, Definition> = { login: {}, logout: {} };
  const alarm = (AlarmName: string, operation: string) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { AlarmName, Metrics: [{ Dimensions: [{ Name: 'operation', Value: operation }] }] },
  });
  const Resources: Record<string, { Type?: string; Properties?: Record<string, unknown> }> = {};
  const service = {
    custom: { canary },
    functions,
    provider: { compiledCloudFormationTemplate: { Resources } },
    resources: { Resources: { A: alarm('faults-1', 'login'), B: alarm('faults-2', 'logout') } },
  };
  const { hooks } = new Canary({ service });
  hooks['before:package:compileFunctions']?.();
  // As osls does with those that have `versionFunction`.
  for (const definition of Object.values(functions)) definition.versionLogicalId = 'Version1';
  hooks['after:package:compileFunctions']?.();
  return { functions, Resources };
}

test('a function of the canary gets an alias, whose traffic moves slowly and back when its own alarms ring', () => {
  const { functions, Resources } = packageWith('login');
  expect(functions.login).toMatchObject({ versionFunction: true, targetAlias: { logicalId: 'LoginAlias' } });
  expect(functions.logout).not.toHaveProperty('targetAlias');
  expect(Object.keys(Resources)).toEqual([
    'CanaryApplication',
    'CanaryRole',
    'LoginAlias',
    'LoginDeploymentGroup',
  ]);
  const { AlarmConfiguration } = Resources.LoginDeploymentGroup?.Properties ?? {};
  expect(isFields(AlarmConfiguration) && AlarmConfiguration.Alarms).toEqual([{ Name: 'faults-1' }]);
  expect(Resources.LoginAlias?.Properties?.FunctionVersion).toEqual({
    'Fn::GetAtt': ['Version1', 'Version'],
  });
});

test('without one, nothing is added', () => {
  const { functions, Resources } = packageWith('');
  expect(Resources).toEqual({});
  expect(functions.login).not.toHaveProperty('versionFunction');
});

test('a name that is no function ends the build', () => {
  expect(() => packageWith('login,signIn')).toThrow('CANARY names "signIn", which is no function');
});

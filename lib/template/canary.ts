import { isFields, type Resource } from './template.ts';

interface Definition {
  versionFunction?: boolean;
  versionLogicalId?: string;
  targetAlias?: { readonly name: string; readonly logicalId: string };
}

interface Serverless {
  readonly service: {
    readonly custom: { readonly canary: string };
    readonly functions: Record<string, Definition>;
    readonly provider: {
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, object> };
    };
    readonly resources: { readonly Resources: Readonly<Record<string, Resource>> };
  };
}

const alias = 'live';
const rollBackOn = ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'];

/**
 * A plugin of osls. A new version of the functions in CANARY gets a tenth of the requests for ten minutes; when one of their alarms rings,
 * none, and the deployment is rolled back. Each of them takes three resources more (ADR 0028).
 */
export default class Canary {
  readonly hooks: Record<string, () => void>;

  constructor({ service }: Serverless) {
    const names = service.custom.canary.split(',').filter((name) => name !== '');
    this.hooks = {
      'before:package:compileFunctions': () => {
        for (const name of names) Object.assign(functionOf(service, name), versioned(name));
      },
      'after:package:compileFunctions': () => {
        const resources = names.flatMap((name) => Object.entries(shiftTraffic(service, name)));
        const { compiledCloudFormationTemplate: template } = service.provider;
        if (names.length > 0) Object.assign(template.Resources, codeDeploy, Object.fromEntries(resources));
      },
    };
  }
}

function functionOf({ functions }: Serverless['service'], name: string): Definition {
  const definition = functions[name];
  if (!definition) throw new Error(`CANARY names "${name}", which is no function`);
  return definition;
}

/** osls sends requests to the alias by itself once a function has one. */
function versioned(name: string): Definition {
  return { versionFunction: true, targetAlias: { name: alias, logicalId: `${capital(name)}Alias` } };
}

function shiftTraffic(service: Serverless['service'], name: string): Record<string, object> {
  const group = `${capital(name)}DeploymentGroup`;
  const { versionLogicalId } = functionOf(service, name);
  return {
    [`${capital(name)}Alias`]: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: `${capital(name)}LambdaFunction` },
        FunctionVersion: { 'Fn::GetAtt': [versionLogicalId, 'Version'] },
        Name: alias,
      },
      UpdatePolicy: {
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: { Ref: 'CanaryApplication' },
          DeploymentGroupName: { Ref: group },
        },
      },
    },
    [group]: {
      Type: 'AWS::CodeDeploy::DeploymentGroup',
      Properties: {
        ApplicationName: { Ref: 'CanaryApplication' },
        ServiceRoleArn: { 'Fn::GetAtt': ['CanaryRole', 'Arn'] },
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent10Minutes',
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AutoRollbackConfiguration: { Enabled: true, Events: rollBackOn },
        AlarmConfiguration: { Enabled: true, Alarms: alarmsOf(service, name).map((Name) => ({ Name })) },
      },
    },
  };
}

/** The names of the alarms that read a metric of the operation. */
function alarmsOf({ resources }: Serverless['service'], operation: string): unknown[] {
  const alarms = Object.values(resources.Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return alarms
    .filter((alarm) => JSON.stringify(alarm).includes(`"Name":"operation","Value":"${operation}"`))
    .map(({ Properties }) => (isFields(Properties) ? Properties.AlarmName : undefined));
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const codeDeploy = {
  CanaryApplication: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } },
  CanaryRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'codedeploy.amazonaws.com' } },
        ],
      },
      ManagedPolicyArns: [
        {
          'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited`,
        },
      ],
    },
  },
};

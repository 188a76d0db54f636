import { type Fields, isFields, listOf, ofType, type Template } from './template.ts';

/** Why a policy may allow what it does not name one by one, by the name of the policy. */
const wildcardReasons: Readonly<Record<string, string>> = {
  'write-logs': 'The log groups of this stage alone; each has streams without end.',
  'write-traces': 'X-Ray has no resources to name.',
  'reach-outside':
    'SES: whatever this account has confirmed as a sender. SNS: the topics that operators name at run time.',
  'write-backups': 'The objects of one prefix.',
};

const managedPolicyReasons: Readonly<Record<string, string>> = {
  AWSLambdaVPCAccessExecutionRole:
    'Network interfaces have no names before they are made; AWS keeps the list.',
  AWSCodeDeployRoleForLambdaLimited:
    'What CodeDeploy needs to move traffic between versions; AWS keeps the list.',
};

const statementKeys = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'Condition',
];
// What leaves the service is for jobs; a request only writes down that it has to happen.
const forJobs = /^(ses|sns|s3):/;

/** What a role may and should not. */
export function checkPermissions(template: Template): string[] {
  const serving = rolesOfRequests(template);
  return ofType(template, 'AWS::IAM::Role').flatMap(([role, properties]) => [
    ...checkTrust(role, properties),
    ...checkManaged(role, properties),
    ...policiesOf(properties).flatMap(({ name, statements }) =>
      statements.flatMap((statement) => checkStatement(`${role}, ${name}`, name, statement)),
    ),
    ...(serving.has(role) ? checkServing(role, properties) : []),
  ]);
}

function checkStatement(where: string, policy: string, statement: Fields): string[] {
  const { Effect, Action, Resource } = statement;
  const unknown = Object.keys(statement).filter((key) => !statementKeys.includes(key));
  const isIncomplete = !['Allow', 'Deny'].includes(String(Effect)) || !Action || !Resource;
  const isBroad = Effect === 'Allow' && JSON.stringify([listOf(Action), listOf(Resource)]).includes('*');
  return [
    ...unknown.map((key) => `${where}: a statement has no ${key}`),
    ...(isIncomplete ? [`${where}: a statement needs Effect, Action and Resource`] : []),
    ...(listOf(Action).some((action) => !/^[a-z0-9-]+:\w+$/.test(String(action)))
      ? [`${where}: each action is named, not ${JSON.stringify(Action)}`]
      : []),
    ...(isBroad && !(policy in wildcardReasons)
      ? [`${where}: an Allow has a *; give the reason in lib/template/check-permissions.ts`]
      : []),
  ];
}

function checkManaged(role: string, { ManagedPolicyArns }: Fields): string[] {
  return listOf(ManagedPolicyArns).flatMap((arn) => {
    const name = /\/(\w+)"?\}?$/.exec(JSON.stringify(arn))?.[1] ?? '';
    return name in managedPolicyReasons ? [] : [`${role}: no reason is given for the managed policy ${name}`];
  });
}

function checkTrust(role: string, { AssumeRolePolicyDocument: document }: Fields): string[] {
  const statements = isFields(document) ? listOf(document.Statement).filter(isFields) : [];
  const isOfOneService = ({ Principal }: Fields) =>
    isFields(Principal) && /^[a-z]+\.amazonaws\.com$/.test(String(Principal.Service));
  return statements.length > 0 && statements.every(isOfOneService)
    ? []
    : [`${role} may be assumed by others than one service`];
}

function checkServing(role: string, properties: Fields): string[] {
  const actions = policiesOf(properties).flatMap(({ statements }) =>
    statements.flatMap(({ Action }) => listOf(Action)),
  );
  return actions
    .filter((action) => forJobs.test(String(action)))
    .map((action) => `${role} serves requests and may ${action}: that is for jobs`);
}

/** The roles of the functions that API Gateway may call. */
function rolesOfRequests(template: Template): Set<string> {
  const called = ofType(template, 'AWS::Lambda::Permission')
    .filter(([, { Principal }]) => Principal === 'apigateway.amazonaws.com')
    .map(([, { FunctionName }]) => JSON.stringify(FunctionName));
  const functions = ofType(template, 'AWS::Lambda::Function').filter(([name]) =>
    called.some((target) => target.includes(`"${name}"`)),
  );
  return new Set(functions.map(([, { Role }]) => (JSON.stringify(Role).match(/\w+(?=","Arn")/) ?? [''])[0]));
}

function policiesOf({ Policies }: Fields): { name: string; statements: Fields[] }[] {
  return listOf(Policies)
    .filter(isFields)
    .map(({ PolicyName, PolicyDocument }) => ({
      name: String(PolicyName),
      statements: isFields(PolicyDocument) ? listOf(PolicyDocument.Statement).filter(isFields) : [],
    }));
}

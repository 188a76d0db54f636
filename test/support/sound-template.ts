export const attribute = (name: string, key = 'Arn') => ({ 'Fn::GetAtt': [name, key] });
const lambda = (id: string, role: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  DependsOn: ['Migration'],
  Properties: {
    FunctionName: id,
    Code: { S3Bucket: 'bucket', S3Key: `${id}.zip` },
    Role: attribute(role),
    Timeout: 10,
    Architectures: ['arm64'],
    Tags: [{ Key: 'stage', Value: 'dev' }],
    Environment: { Variables: { PLINTH_STAGE: 'dev' } },
  },
  ...more,
});
const logGroup = (id: string) => ({
  Type: 'AWS::Logs::LogGroup',
  Properties: { LogGroupName: `/aws/lambda/${id}`, RetentionInDays: 7 },
});
const asynchronous = (id: string) => ({
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: {
    FunctionName: { Ref: id },
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: attribute('Dead') } },
  },
});
const role = (PolicyName: string, Action: string, Resource: unknown) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ],
    },
    Policies: [
      {
        PolicyName,
        PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] },
      },
    ],
  },
});
export const metric = (Name: string, Value: unknown) => ({
  Id: 'm1',
  MetricStat: {
    Period: 300,
    Stat: 'Sum',
    Metric: { Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: [{ Name, Value }] },
  },
});

/** A template as it has to be: a route, a job and the migration, with all that belongs to them. */
export const soundTemplate = () => ({
  Conditions: { HasDomain: { 'Fn::Equals': ['a', ''] } },
  Outputs: { Target: { Condition: 'HasDomain', Value: attribute('Domain', 'RegionalDomainName') } },
  Resources: {
    Read: lambda('read', 'ApiRole'),
    ReadLogs: logGroup('read'),
    Invoke: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: attribute('Read'),
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
      },
    },
    Job: lambda('job', 'JobRole'),
    JobLogs: logGroup('job'),
    JobEvents: asynchronous('Job'),
    Schedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'job',
        ScheduleExpression: 'cron(* * * * ? *)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: attribute('Job'),
          RoleArn: attribute('JobRole'),
          RetryPolicy: { MaximumRetryAttempts: 0 },
          DeadLetterConfig: { Arn: attribute('Dead') },
        },
      },
    },
    Migrate: lambda('migrate', 'JobRole', { DependsOn: [] as string[] }),
    MigrateLogs: logGroup('migrate'),
    MigrateEvents: asynchronous('Migrate'),
    Migration: { Type: 'Custom::DatabaseMigration', Properties: { ServiceToken: attribute('Migrate') } },
    ApiRole: role('write-logs', 'logs:PutLogEvents', {
      'Fn::Sub': `arn:aws:logs:\${AWS::Region}:1:log-group:/x/*`,
    }),
    JobRole: role('write-dead-letters', 'sqs:SendMessage', attribute('Dead')),
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead', SqsManagedSseEnabled: true } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        AlarmActions: [{ Ref: 'Topic' }],
        Metrics: [
          ...['Read', 'Job', 'Migrate'].map((name) => metric('FunctionName', { Ref: name })),
          metric('QueueName', 'dead'),
        ],
      },
    },
    Domain: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Condition: 'HasDomain',
      Properties: { DomainName: { 'Fn::If': ['HasDomain', 'example.com', { Ref: 'AWS::NoValue' }] } },
    },
  },
});

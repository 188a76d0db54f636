import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { checkFunctions, listAsynchronous } from './check-functions.ts';
import { checkLimits, resourcesAtMost, sizeOf, templateBytesAtMost } from './check-limits.ts';
import { checkPermissions } from './check-permissions.ts';
import { checkReferences } from './check-references.ts';
import { checkSchemas } from './check-schemas.ts';
import { listOf, ofType, type Template } from './template.ts';

/** All that is wrong with a compiled template: what CloudFormation would refuse, and what we do not deploy. */
export function checkTemplate(template: Template, schemas: SpecDatabase): string[] {
  return [
    ...checkSchemas(template, schemas),
    ...checkReferences(template, schemas),
    ...checkPermissions(template),
    ...checkFunctions(template),
    ...checkLimits(template),
  ];
}

/** What is in it, with the room that is left: lines of text. */
export function describeTemplate(template: Template): string[] {
  const count = (type: string) => ofType(template, type).length;
  const alarmedBy = ofType(template, 'AWS::CloudWatch::Alarm');
  const metrics = alarmedBy.flatMap(([, { Metrics }]) => listOf(Metrics)).length;
  const rows: [string, string, string][] = [
    [
      'resources',
      `${Object.keys(template.Resources).length} of ${resourcesAtMost}`,
      'CloudFormation accepts 500',
    ],
    ['size', `${kb(sizeOf(template))} of ${kb(templateBytesAtMost)} KB`, ''],
    [
      'functions',
      `${count('AWS::Lambda::Function')}`,
      'each with log retention and an alarm, after the migration',
    ],
    [
      'asynchronous',
      `${listAsynchronous(template).length}`,
      'of them: no retries by the platform, dead letters',
    ],
    ['schedules', `${count('AWS::Scheduler::Schedule')}`, 'no retries by the platform, dead letters'],
    ['routes', `${count('AWS::ApiGatewayV2::Route')}`, ''],
    ['roles', `${count('AWS::IAM::Role')}`, 'each * in an Allow has its reason'],
    ['alarms', `${alarmedBy.length}`, `${metrics} metrics and expressions`],
  ];
  return rows.map(([what, value, note]) => `${what.padEnd(16)}${value.padStart(16)}  ${note}`.trimEnd());
}

function kb(bytes: number): string {
  return (bytes / 1_024).toFixed(0);
}

import type { PropertyType, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';
import { type Fields, intrinsicOf, isAbsent, isFields, type Template } from './template.ts';

/** What the schemas of CloudFormation say against the resources: types, properties, values. */
export function checkSchemas({ Resources }: Template, schemas: SpecDatabase): string[] {
  return Object.entries(Resources).flatMap(([name, { Type, Properties = {} }]) => {
    if (Type.startsWith('Custom::')) return Properties.ServiceToken ? [] : [`${name} has no ServiceToken`];
    const [resource] = schemas.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (!resource) return [`${name}: there is no type ${Type}`];
    return checkProperties(Properties, resource.properties, name, schemas);
  });
}

function checkProperties(
  actual: Fields,
  declared: ResourceProperties,
  path: string,
  schemas: SpecDatabase,
): string[] {
  const missing = Object.entries(declared).filter(([key, { required }]) => required && isAbsent(actual[key]));
  return [
    ...missing.map(([key]) => `${path}.${key} is missing`),
    ...Object.entries(actual).flatMap(([key, value]) => {
      const property = declared[key];
      return property
        ? checkValue(value, property.type, `${path}.${key}`, schemas)
        : [`${path}.${key} is not a property`];
    }),
  ];
}

function checkValue(value: unknown, type: PropertyType, path: string, schemas: SpecDatabase): string[] {
  const [intrinsic, argument] = intrinsicOf(value) ?? [];
  if (intrinsic === 'Fn::If')
    return (argument as unknown[]).slice(1).flatMap((branch) => checkValue(branch, type, path, schemas));
  // What it will be, nobody knows before.
  if (intrinsic) return [];
  const isA = (isRight: boolean, what: string) =>
    isRight ? [] : [`${path} is ${JSON.stringify(value)}, not ${what}`];
  switch (type.type) {
    case 'json':
      return [];
    case 'string':
    case 'date-time':
      return isA(isText(value, 'allowedValues' in type ? type.allowedValues : undefined), describe(type));
    // CloudFormation takes numbers and booleans as text as well.
    case 'number':
      return isA(isNumeric(value), 'a number');
    case 'integer':
      return isA(isNumeric(value) && Number.isInteger(Number(value)), 'an integer');
    case 'boolean':
      return isA(['true', 'false'].includes(String(value)), 'a boolean');
    case 'null':
      return isA(value === null, 'null');
    case 'tag':
      return isA(isFields(value) && 'Key' in value && 'Value' in value, 'a tag');
    case 'array':
      if (!Array.isArray(value)) return isA(false, 'a list');
      return value.flatMap((item, index) => checkValue(item, type.element, `${path}[${index}]`, schemas));
    case 'map':
      if (!isFields(value)) return isA(false, 'a map');
      return Object.entries(value).flatMap(([key, item]) =>
        checkValue(item, type.element, `${path}.${key}`, schemas),
      );
    case 'ref': {
      const { properties } = schemas.get('typeDefinition', type.reference.$ref);
      return isFields(value) ? checkProperties(value, properties, path, schemas) : isA(false, 'an object');
    }
    case 'union': {
      const findings = type.types.map((candidate) => checkValue(value, candidate, path, schemas));
      return findings.find((list) => list.length === 0) ?? findings[0] ?? [];
    }
  }
}

function isText(value: unknown, allowed: readonly string[] | undefined): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) && (allowed?.includes(String(value)) ?? true);
}

function describe(type: PropertyType): string {
  return 'allowedValues' in type && type.allowedValues ? `one of ${type.allowedValues.join(', ')}` : 'a text';
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}

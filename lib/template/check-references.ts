import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { intrinsicOf, isFields, type Resource, type Template } from './template.ts';

interface Reference {
  readonly target: string;
  readonly attribute?: string;
  /** Conditions that hold where it stands. */
  readonly given: readonly string[];
}

/** References to what is not there, or not always, and circles. */
export function checkReferences(template: Template, schemas: SpecDatabase): string[] {
  const { Resources, Outputs = {} } = template;
  const outputs = Object.entries(Outputs).flatMap(([name, { Condition, Value }]) =>
    checkEach(`output ${name}`, findReferences(Value, given(Condition)), template, schemas),
  );
  const resources = Object.entries(Resources).flatMap(([name, resource]) =>
    checkEach(name, referencesOf(resource), template, schemas),
  );
  return [...resources, ...outputs, ...checkConditions(template), ...findCircle(template)];
}

function checkEach(
  from: string,
  references: readonly Reference[],
  { Resources }: Template,
  schemas: SpecDatabase,
): string[] {
  return references.flatMap(({ target, attribute, given }) => {
    if (target.startsWith('AWS::')) return [];
    const resource = Resources[target];
    if (!resource) return [`${from} refers to ${target}, which is not in the template`];
    if (resource.Condition && !given.includes(resource.Condition))
      return [`${from} refers to ${target}, which is only there when ${resource.Condition}`];
    if (attribute === undefined || resource.Type.startsWith('Custom::')) return [];
    const [schema] = schemas.lookup('resource', 'cloudFormationType', 'equals', resource.Type);
    return schema && !(attribute in schema.attributes)
      ? [`${from}: ${target} has no attribute ${attribute}`]
      : [];
  });
}

function referencesOf({ Properties, DependsOn, Condition }: Resource): Reference[] {
  const waitedFor = DependsOn === undefined ? [] : [DependsOn].flat();
  return [
    // Of what is not there, DependsOn takes no notice.
    ...waitedFor.map((target) => ({ target, given: given(Condition) })),
    ...findReferences(Properties, given(Condition)),
  ];
}

function findReferences(value: unknown, given: readonly string[]): Reference[] {
  if (Array.isArray(value)) return value.flatMap((item) => findReferences(item, given));
  if (!isFields(value)) return [];
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Ref') return [{ target: String(argument), given }];
  if (name === 'Fn::GetAtt') {
    const [target = '', attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
    return [{ target, attribute, given }];
  }
  if (name === 'Fn::Sub') return findInText(argument, given);
  if (name === 'Fn::If') {
    const [condition, ...branches] = argument as [string, unknown, unknown];
    return branches.flatMap((branch, index) =>
      findReferences(branch, index === 0 ? [...given, condition] : given),
    );
  }
  return Object.values(value).flatMap((item) => findReferences(item, given));
}

function findInText(argument: unknown, given: readonly string[]): Reference[] {
  const [text, variables = {}] = [argument].flat() as [string, object?];
  const names = [...String(text).matchAll(/\$\{([\w:.]+)\}/g)].map(([, name]) => name ?? '');
  const inText = names
    .filter((name) => !(name in variables))
    .map((name) => {
      const [target = '', attribute] = name.split('.');
      return { target, ...(attribute && { attribute }), given };
    });
  return [...inText, ...findReferences(variables, given)];
}

function checkConditions({ Resources, Conditions = {}, Outputs = {} }: Template): string[] {
  const named = [...JSON.stringify([Resources, Outputs]).matchAll(/"Fn::If":\["(\w+)"/g)].map(
    ([, name]) => name,
  );
  const set = [...Object.values(Resources), ...Object.values(Outputs)].map(({ Condition }) => Condition);
  const unknown = [...new Set([...named, ...set])].filter((name) => name && !(name in Conditions));
  return unknown.map((name) => `There is no condition ${name}`);
}

function findCircle({ Resources }: Template): string[] {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name))
      return [`In a circle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`];
    const resource = Resources[name];
    if (!resource || done.has(name)) return [];
    const circle = referencesOf(resource).flatMap(({ target }) => visit(target, [...path, name]))[0];
    done.add(name);
    return circle === undefined ? [] : [circle];
  };
  return Object.keys(Resources)
    .flatMap((name) => visit(name, []))
    .slice(0, 1);
}

function given(condition: string | undefined): string[] {
  return condition === undefined ? [] : [condition];
}

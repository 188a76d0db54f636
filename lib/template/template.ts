export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** A compiled CloudFormation template, as far as it is looked at. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Condition?: string; readonly Value?: unknown }>>;
}

export interface Fields {
  readonly [key: string]: unknown;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The function of CloudFormation that the value is the result of, and its argument. */
export function intrinsicOf(value: unknown): [name: string, argument: unknown] | undefined {
  if (!isFields(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  return entry && others.length === 0 && /^(Ref|Fn::\w+)$/.test(entry[0]) ? entry : undefined;
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || (isFields(value) && value.Ref === 'AWS::NoValue');
}

/** The resources of a type, by name. */
export function ofType({ Resources }: Template, type: string): [string, Fields][] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([name, { Properties = {} }]) => [name, Properties]);
}

/** Every list item, and a single value as a list of one, as IAM has it; both branches of an `Fn::If`. */
export function listOf(value: unknown): unknown[] {
  if (isAbsent(value)) return [];
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Fn::If') return (argument as unknown[]).slice(1).flatMap(listOf);
  return Array.isArray(value) ? value.flatMap(listOf) : [value];
}

/** The resource that a value is or is read from: `Ref` or `Fn::GetAtt`. */
export function targetOf(value: unknown): string | undefined {
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Ref') return String(argument);
  return name === 'Fn::GetAtt' && Array.isArray(argument) ? String(argument[0]) : undefined;
}

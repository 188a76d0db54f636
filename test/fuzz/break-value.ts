import { type JsonSchema, resolve } from './published-contract.ts';

export interface Breakage {
  /** Which rule, and where: `/tags/0 maxLength`. */
  readonly rule: string;
  readonly value: unknown;
}

/** The value with one rule of its schema broken, for each rule there is. Of alternatives another one may still allow it. */
export function* breakages(schema: JsonSchema, value: unknown, at = ''): Generator<Breakage> {
  const node = resolve(schema);
  const broken = (rule: string, to: unknown): Breakage => ({ rule: `${at || '/'} ${rule}`, value: to });
  for (const branch of node.anyOf ?? node.oneOf ?? []) yield* breakages(branch, value, at);
  if (node.type) for (const other of otherTypes(node.type)) yield broken('type', other);
  if (node.enum) yield broken('enum', typeof value === 'string' ? `${value} ` : 'none of them');
  if ('const' in node) yield broken('const', `${node.const}x`);
  if (typeof value === 'string') yield* brokenTexts(node, value, broken);
  if (typeof value === 'number') yield* brokenNumbers(node, value, broken);
  if (Array.isArray(value)) yield* brokenArrays(node, value, at, broken);
  else if (typeof value === 'object' && value !== null) yield* brokenObjects(node, value, at, broken);
}

type Broken = (rule: string, to: unknown) => Breakage;

/** Null, and something that a lenient reader might take for it. */
function otherTypes(type: NonNullable<JsonSchema['type']>): unknown[] {
  const alike = { string: 7, number: '7', integer: '7', boolean: 'true', null: '', array: {}, object: [] };
  return type === 'null' ? [alike.null] : [alike[type], null];
}

function* brokenTexts(node: JsonSchema, value: string, broken: Broken): Generator<Breakage> {
  if (node.minLength) yield broken('minLength', 'x'.repeat(node.minLength - 1));
  if (node.maxLength !== undefined) yield broken('maxLength', `${value}${'x'.repeat(node.maxLength + 1)}`);
  if (node.pattern === undefined) return;
  for (const odd of [`${value}\n`, ` ${value}`, `${value}\u0001`, 'É', '2026-02-30T00:00:00Z', ''])
    yield broken('pattern', odd);
}

function* brokenNumbers(node: JsonSchema, value: number, broken: Broken): Generator<Breakage> {
  if (node.minimum !== undefined) yield broken('minimum', node.minimum - 1);
  if (node.maximum !== undefined) yield broken('maximum', node.maximum + 1);
  if (node.type === 'integer') {
    yield broken('integer', value + 0.5);
    yield broken('integer', 1e308);
  }
}

function* brokenArrays(
  node: JsonSchema,
  value: readonly unknown[],
  at: string,
  broken: Broken,
): Generator<Breakage> {
  if (node.minItems) yield broken('minItems', value.slice(0, node.minItems - 1));
  if (node.maxItems !== undefined)
    yield broken(
      'maxItems',
      Array.from({ length: node.maxItems + 1 }, (_, index) => value[index % value.length] ?? null),
    );
  for (const [index, item] of value.entries())
    for (const inner of breakages(node.items ?? {}, item, `${at}/${index}`))
      yield { ...inner, value: value.with(index, inner.value) };
}

function* brokenObjects(node: JsonSchema, value: object, at: string, broken: Broken): Generator<Breakage> {
  for (const name of node.required ?? []) {
    const { [name as keyof object]: _, ...rest } = value;
    yield broken(`required ${name}`, rest);
  }
  if (node.additionalProperties === false) {
    yield broken('additionalProperties', { ...value, 'not/declared~': 1 });
    yield broken('additionalProperties', { ...value, constructor: {} });
  }
  for (const [name, item] of Object.entries(value)) {
    const property = node.properties?.[name] ?? (node.additionalProperties || undefined);
    if (!property) continue;
    for (const inner of breakages(property, item, `${at}/${name}`))
      yield { ...inner, value: { ...value, [name]: inner.value } };
  }
}

/** The value as the service reads it: white space around a text does not count. */
export function trimmed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part) => (typeof part === 'string' ? part.trim() : part));
}

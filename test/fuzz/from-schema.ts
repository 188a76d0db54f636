import fc from 'fast-check';
import { inputComponents, type JsonSchema } from './published-contract.ts';

// Where the document sets no bound: long enough to be odd, short enough to be quick.
const defaultMaxLength = 60;
const defaultMaxItems = 4;

// A keyword that is not in one of these lists would be ignored, and what is generated no longer what the document says.
const understood = new Set(
  (
    '$ref type enum const anyOf oneOf minLength maxLength pattern format minimum maximum items minItems maxItems ' +
    'properties required additionalProperties propertyNames'
  ).split(' '),
);
const annotations = new Set(
  'title description default example examples deprecated readOnly writeOnly'.split(' '),
);

/** Texts that have broken other services: in SQL, LIKE patterns, JSON pointers, logs, prototypes, and for eyes. */
const oddTexts = [
  "'; drop table projects; --",
  '%',
  '\\',
  '100%_\\%',
  '__proto__',
  'constructor',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '\u202Etxt.exe',
  '\uFEFFbom',
  '\u0085\u2028\u2029',
  'İstanbul ﬃ ß',
  '👩‍👩‍👧‍👦',
  '\u0001\u007f',
  'null',
  '-0',
  '1e400',
  '   ',
];

type Tie = (name: string) => fc.Arbitrary<unknown>;

const components = fc.letrec<Record<string, unknown>>((tie) =>
  Object.fromEntries(
    Object.entries(inputComponents).map(([name, schema]) => [name, build(schema, tie as Tie)]),
  ),
);

/** Values that the schema allows, NUL left out, which no text of the service may have. Throws on a keyword it does not know. */
export function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  return build(schema, (name) => components[name] as fc.Arbitrary<unknown>);
}

function build(schema: JsonSchema, tie: Tie): fc.Arbitrary<unknown> {
  const unknown = Object.keys(schema).find((keyword) => !understood.has(keyword) && !isAnnotation(keyword));
  if (unknown) throw new Error(`test/fuzz/from-schema.ts has to learn the keyword "${unknown}"`);
  if (schema.$ref) return tie(schema.$ref.replace('#/components/schemas/', ''));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches)
    return fc.oneof({ maxDepth: 3, withCrossShrink: true }, ...branches.map((branch) => build(branch, tie)));
  return byType(schema, tie);
}

function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword) || keyword.startsWith('x-');
}

function byType(schema: JsonSchema, tie: Tie): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1000, Number.MIN_SAFE_INTEGER),
        max: Math.min(schema.maximum ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      });
    case 'number':
      return fc.double({
        noNaN: true,
        noDefaultInfinity: true,
        ...(schema.minimum !== undefined && { min: schema.minimum }),
        ...(schema.maximum !== undefined && { max: schema.maximum }),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(build(schema.items ?? {}, tie), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? defaultMaxItems, Math.max(schema.minItems ?? 0, 6)),
      });
    case 'object':
      return objects(schema, tie);
    default:
      return fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('\\u0000'));
  }
}

function objects(schema: JsonSchema, tie: Tie): fc.Arbitrary<unknown> {
  const { required = [], additionalProperties: others } = schema;
  const properties = {
    ...Object.fromEntries(required.map((name) => [name, others || {}])),
    ...schema.properties,
  };
  const declared = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, build(property, tie)])),
    { requiredKeys: [...required], noNullPrototype: true },
  );
  if (!others) return declared;
  const names = texts({ minLength: 1, maxLength: 20, ...schema.propertyNames });
  const rest = fc.dictionary(names, build(others, tie), {
    maxKeys: defaultMaxItems,
    noNullPrototype: true,
    depthIdentifier: 'additionalProperties',
  });
  return fc.tuple(rest, declared).map((parts) => Object.assign({}, ...parts));
}

function texts({
  minLength = 0,
  maxLength = Math.max(minLength, defaultMaxLength),
  pattern,
  format,
}: JsonSchema): fc.Arbitrary<string> {
  const isInRange = (text: string) => [...text].length >= minLength && [...text].length <= maxLength;
  if (pattern !== undefined) {
    const matching = fc.stringMatching(new RegExp(pattern, 'u'), { maxLength });
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const options = format === 'date-time' ? [matching, dates.map((date) => date.toISOString())] : [matching];
    return fc.oneof(...options).filter(isInRange);
  }
  const range = { minLength, maxLength };
  const odd = oddTexts.filter(isInRange);
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ ...range, unit: 'grapheme-ascii' }) },
    { weight: 2, arbitrary: fc.string({ ...range, unit: 'grapheme' }).filter(isInRange) },
    {
      weight: 2,
      arbitrary: fc.string({ ...range, unit: 'binary' }).filter((text) => !text.includes('\u0000')),
    },
    ...(odd.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...odd) }] : []),
    // As long as it may be.
    { weight: 1, arbitrary: fc.constantFrom('x', ' ', 'é').map((letter) => letter.repeat(maxLength)) },
  );
}

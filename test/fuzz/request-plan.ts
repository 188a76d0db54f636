import fc from 'fast-check';
import { arbitraryOf } from './from-schema.ts';
import { bodySchemaOf, type DeclaredOperation, parametersIn, resolve } from './published-contract.ts';
import { type Flaw, flaws } from './request-flaw.ts';

/** Who sends it; `owner` is an owner who runs the platform as well, and may do everything. */
export const actors = [
  'owner',
  'owner by cookie',
  'owner by API key',
  'editor',
  'viewer',
  'operator',
  'stranger',
  'anonymous',
  'weak API key',
  'cookie without CSRF token',
  'stale session',
  'ended session',
  'expired token',
  'changed token',
  'two credentials',
  'garbage',
] as const;
export type ActorKind = (typeof actors)[number];

/** Whose and which thing the path names: made for this request, seen in an answer, of the other tenant, or nobody's. */
export type Subject = 'made' | 'seen' | 'foreign' | 'missing';

/** A request before what exists is put into it; it stays meaningful while fast-check makes it smaller. */
export interface Plan {
  readonly actor: ActorKind;
  readonly subject: Subject;
  /** Chooses among what was seen. */
  readonly pick: number;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The parts of query and body that are generated; the others are those of a request that succeeds. */
  readonly generated: readonly string[];
  readonly ifMatch: 'right' | 'stale' | '*' | 'none' | 'odd';
  readonly isNoneMatch: boolean;
  readonly usesCursor: boolean;
  readonly idempotencyKey: string | undefined;
  readonly times: 'once' | 'twice' | 'twice at once';
  readonly flaw: Flaw | undefined;
}

const plain: Plan = {
  actor: 'owner',
  subject: 'made',
  pick: 0,
  query: {},
  body: {},
  generated: [],
  ifMatch: '*',
  isNoneMatch: false,
  usesCursor: false,
  idempotencyKey: undefined,
  times: 'once',
  flaw: undefined,
};

/** The first two of each turn: one that succeeds, and one that is refused wherever anything can be. */
export const firstPlans: Plan[] = [
  plain,
  { ...plain, actor: 'anonymous', subject: 'missing', flaw: { in: 'text', how: 'cut off' } },
];

/** Requests of an operation: near to one that succeeds, with at most one flaw. */
export function planOf(operation: DeclaredOperation): fc.Arbitrary<Plan> {
  const queryParameters = parametersIn(operation, 'query');
  const bodySchema = bodySchemaOf(operation);
  const names = [
    ...queryParameters.map(({ name }) => name),
    ...Object.keys((bodySchema && resolve(bodySchema).properties) ?? {}),
  ];
  return fc.record({
    actor: weighted([['owner', 32], ...actors.slice(1).map((kind) => [kind, 1] as const)]),
    subject: weighted<Subject>([
      ['made', 12],
      ['seen', 4],
      ['foreign', 1],
      ['missing', 1],
    ]),
    pick: fc.nat(1000),
    query: fc.record(
      Object.fromEntries(queryParameters.map(({ name, schema }) => [name, arbitraryOf(schema)])),
      { requiredKeys: [], noNullPrototype: true },
    ),
    body: bodySchema ? arbitraryOf(bodySchema) : fc.constant(undefined),
    generated: fc.oneof({ withCrossShrink: true }, fc.constant([]), fc.subarray(names), fc.constant(names)),
    ifMatch: weighted<Plan['ifMatch']>([
      ['right', 8],
      ['stale', 1],
      ['*', 1],
      ['none', 4],
      ['odd', 1],
    ]),
    isNoneMatch: weighted([
      [false, 4],
      [true, 1],
    ]),
    usesCursor: weighted([
      [false, 3],
      [true, 1],
    ]),
    idempotencyKey: weighted<string | undefined>([
      [undefined, 6],
      ['k-1', 1],
      ['"k-2"', 1],
      ['x'.repeat(255), 1],
      ['x'.repeat(256), 1],
      ['""', 1],
      ['clé', 1],
    ]),
    times: weighted<Plan['times']>([
      ['once', 14],
      ['twice', 1],
      ['twice at once', 1],
    ]),
    flaw: fc.oneof(
      { withCrossShrink: true },
      { weight: 5, arbitrary: fc.constant(undefined) },
      {
        weight: 4,
        arbitrary: flaws({ hasQuery: queryParameters.length > 0, hasBody: bodySchema !== undefined }),
      },
    ),
  });
}

function weighted<T>(options: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  return fc.oneof(
    { withCrossShrink: true },
    ...options.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })),
  );
}

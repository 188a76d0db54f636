import type { operations } from './generated/api.ts';
import type { operations as table } from './generated/operations.ts';

type Table = typeof table;

export type OperationId = keyof Table & keyof operations;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each attempt. */
  readonly timeoutMs?: number | undefined;
  /** How often it is sent again at most. */
  readonly retries?: number | undefined;
}

/** Every operation of the API, by its id. */
export type Calls = {
  readonly [O in keyof Table]: (...values: Values<O & OperationId>) => Result<O & OperationId>;
};

/** Parameters of path and query by their names, beside `body` and `ifMatch`. */
export type InputOf<O extends OperationId> = Flat<
  Part<O, 'path'> & Part<O, 'query'> & BodyPart<O> & IfMatchPart<O>
>;

/** What an operation answers with; of a list, one page. */
export type AnswerOf<O extends OperationId> = [Content<O>] extends [never] ? undefined : ValueOf<Content<O>>;

type Values<O extends OperationId> = [keyof InputOf<O>] extends [never]
  ? [input?: Record<string, never>, options?: OptionsOf<O>]
  : Record<string, never> extends InputOf<O>
    ? [input?: InputOf<O>, options?: OptionsOf<O>]
    : [input: InputOf<O>, options?: OptionsOf<O>];

/** A key of the caller's own lets it repeat a call that another process began. */
type OptionsOf<O extends OperationId> = Table[O] extends { takesKey: true }
  ? CallOptions & { readonly idempotencyKey?: string | undefined }
  : CallOptions;

type Result<O extends OperationId> = Table[O] extends { pages: 'lines' }
  ? AsyncIterable<AnswerOf<O>>
  : Table[O] extends { pages: 'cursor' }
    ? Promise<AnswerOf<O>> & AsyncIterable<ItemOf<AnswerOf<O>>>
    : Promise<AnswerOf<O>>;

type ItemOf<P> = P extends { items: readonly (infer T)[] } ? T : never;

type Part<
  O extends OperationId,
  K extends 'path' | 'query' | 'header',
> = operations[O]['parameters'] extends {
  [P in K]?: infer T;
}
  ? [NonNullable<T>] extends [never]
    ? unknown
    : T
  : unknown;

type BodyPart<O extends OperationId> = operations[O] extends { requestBody: { content: infer C } }
  ? { body: Table[O] extends { sendsLines: true } ? readonly ValueOf<C>[] : ValueOf<C> }
  : unknown;

/** The `version` that was read, or `'*'`. */
type IfMatchPart<O extends OperationId> = 'If-Match' extends keyof Part<O, 'header'>
  ? Part<O, 'header'> extends { 'If-Match': string }
    ? { ifMatch: number | '*' }
    : { ifMatch?: number | '*' }
  : unknown;

type Content<O extends OperationId> = Extract<
  ValueOf<operations[O]['responses']>,
  { content: object }
>['content'];

type ValueOf<T> = T extends unknown ? T[keyof T] : never;

/** What may be left out may be undefined. */
type Flat<T> = { [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K] };

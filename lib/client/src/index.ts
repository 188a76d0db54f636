// biome-ignore-all lint/performance/noBarrelFile: what a package exports is one file by nature
export type { AnswerOf, CallOptions, Calls, InputOf, OperationId } from './calls.ts';
export { type ClientOptions, createClient } from './client.ts';
export type * from './generated/api.ts';
export { type FieldError, PlinthProblem, type ProblemCode } from './problem.ts';

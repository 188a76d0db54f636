import { homedir, hostname } from 'node:os';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';
import { createCompiler, findBreach } from '#test/support/find-breach.ts';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly text: string;
}

const compile = await createCompiler();
const compiled = new WeakMap<object, ValidateFunction>();

/** What is wrong with a value by its schema in the document; undefined when nothing is. */
export function violationOf(schema: object, value: unknown): string | undefined {
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  return validate(value) ? undefined : (validate.errors?.[0]?.message ?? 'is not valid');
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What an error must not tell. */
const leaks: Record<string, RegExp> = {
  'a stack': /\\n +at [^"]*:\d+:\d+/,
  'a path of this machine': new RegExp([process.cwd(), homedir(), 'node_modules'].map(literally).join('|')),
  SQL: /\b(select .+ from|insert into|update .+ set|delete from|syntax error at|relation ") /i,
  'the name of this machine': new RegExp(`\\b${literally(hostname())}\\b`),
};

/** Why the document does not allow the answer of an operation, or nobody should see it. */
export async function judgeAnswer(
  { method, path, response }: AnyEndpointSpec,
  answer: Answer,
  wasSent: (text: string) => boolean,
): Promise<string[]> {
  const { status, text } = answer;
  // A readiness that fails is an answer like any other, with a schema of its own.
  if (status >= 500 && status !== response.alternative?.status) return [`${status}: ${text.slice(0, 300)}`];
  const breach = await findBreach({ method, path }, answer);
  if (breach) return [breach];
  if (status < 400) return [];
  return Object.entries(leaks).flatMap(([what, pattern]) => {
    const [leaked] = pattern.exec(text) ?? [];
    return leaked && !wasSent(leaked) ? [`shows ${what}: ${leaked}`] : [];
  });
}

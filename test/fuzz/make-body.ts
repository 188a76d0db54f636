import type { EndpointOperation } from '#lib/generate/load-operations.ts';
import { bodyLimitOf, bodyMediaTypes } from '#lib/http/read-body.ts';
import { breakages, trimmed } from './break-value.ts';
import { violationOf } from './judge-answer.ts';
import { bodySchemaOf, type DeclaredOperation } from './published-contract.ts';
import type { TextFlaw } from './request-flaw.ts';
import type { Plan } from './request-plan.ts';

interface MadeBody {
  text?: string | undefined;
  base64?: string;
  headers?: Record<string, string>;
  broken?: string | undefined;
}

const harmless = new Set<TextFlaw>(['-0', 'byte order mark', 'base64', 'at the limit']);
// Each line has a result of its own.
const ofOneLine = new Set<TextFlaw>(
  'empty,cut off,duplicate member,NUL,lone surrogate,1e400,deep,trailing comma,prototype member'.split(
    ',',
  ) as TextFlaw[],
);

/** The body of a plan's request; `real` is one that succeeds. */
export function makeBody(
  { spec }: EndpointOperation,
  declared: DeclaredOperation,
  plan: Plan,
  real: unknown,
): MadeBody {
  const schema = bodySchemaOf(declared);
  if (!schema) return {};
  const mediaTypes = bodyMediaTypes(spec);
  const type = String(mediaTypes[plan.pick % mediaTypes.length]);
  const headers = { 'content-type': type };
  const isLines = spec.bodyFormat === 'ndjson';
  const documents = (isLines ? String(real).trim().split('\n') : [real]).map((text) =>
    typeof text === 'string' ? JSON.parse(text) : (text ?? {}),
  );
  const [first, ...rest] = [mix(documents[0], plan), ...documents.slice(1)];
  const toText = (value: unknown) => [value, ...rest].map((line) => JSON.stringify(line)).join('\n');
  const { flaw } = plan;
  if (flaw?.in === 'text') {
    const isRefused = !harmless.has(flaw.how) && !(isLines && ofOneLine.has(flaw.how));
    return {
      headers,
      ...flawed(toText(first), flaw.how, type, bodyLimitOf(spec)),
      broken: isRefused ? `text: ${flaw.how}` : undefined,
    };
  }
  if (flaw?.in !== 'body') return { text: toText(first), headers };
  const broken = [...breakages(schema, first)];
  const { rule, value } = broken[flaw.pick % broken.length] ?? { rule: '', value: first };
  const violation = violationOf(schema, trimmed(value));
  return {
    text: toText(value),
    headers,
    broken: violation && !isLines ? `body ${rule}: ${violation}` : undefined,
  };
}

/** What is real, with the generated parts in its place. */
function mix(real: Record<string, unknown>, { body, generated }: Plan): unknown {
  const mixed = { ...real };
  const made = body as Record<string, unknown>;
  for (const name of generated) {
    if (name in made) mixed[name] = made[name];
    else delete mixed[name];
  }
  return mixed;
}

function flawed(text: string, how: TextFlaw, type: string, limit: number): MadeBody {
  const withMember = (member: string) => text.replace('{', `{${member}${text.startsWith('{}') ? '' : ','}`);
  const withNumber = (number: string) => {
    const changed = text.replace(/(?<=":)-?\d[\d.e+-]*(?=[,}])/, number);
    return changed === text ? withMember(`"odd":${number}`) : changed;
  };
  const [, name] = /^\{"(\w+)"/.exec(text) ?? [];
  const padded = (bytes: number) => text + ' '.repeat(Math.max(0, bytes - Buffer.byteLength(text)));
  const bytes = (...more: number[]) => Buffer.from([...Buffer.from(text), ...more]).toString('base64');
  const made: Record<TextFlaw, MadeBody> = {
    empty: { text: '' },
    'cut off': { text: text.slice(0, -1) },
    'duplicate member': { text: withMember(name ? `"${name}":1` : '"odd":1,"odd":1') },
    NUL: { text: withMember('"odd\\u0000":"\\u0000"') },
    'lone surrogate': { text: withMember('"odd":"\\ud800"') },
    '1e400': { text: withNumber('1e400') },
    '-0': { text: withNumber('-0') },
    deep: { text: withMember(`"odd":${'['.repeat(5_000)}${']'.repeat(5_000)}`) },
    'trailing comma': { text: text.replace(/\}$/, ',}') },
    'byte order mark': { text: `\uFEFF${text}` },
    'bad UTF-8': { text: '', base64: bytes(0xff, 0xc0) },
    base64: { text: '', base64: bytes() },
    'at the limit': { text: padded(limit) },
    'above the limit': { text: padded(limit + 1) },
    'other media type': { text, headers: { 'content-type': 'text/plain' } },
    'other charset': { text, headers: { 'content-type': `${type}; charset=utf-16` } },
    'no media type': { text, headers: { 'content-type': '' } },
    compressed: { text, headers: { 'content-type': type, 'content-encoding': 'gzip' } },
    'prototype member': { text: withMember('"__proto__":{"odd":1}') },
  };
  return made[how];
}

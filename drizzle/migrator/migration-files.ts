import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One step of the schema: `NNNN_name.sql` and what undoes it. */
export interface Migration {
  /** NNNN_name */
  readonly name: string;
  /** When drizzle-kit wrote it, in ms: the number under which the database records it. */
  readonly createdAt: number;
  readonly up: Script;
  readonly down: Script;
  /** Of what `up` does: comments and line ends do not count. */
  readonly checksum: string;
  /** Under which drizzle-orm's own migrator knows it. */
  readonly hash: string;
}

export interface Script {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
  /** `-- no-transaction`: for what PostgreSQL refuses inside of one, as CREATE INDEX CONCURRENTLY. */
  readonly isTransactional: boolean;
  /** `-- statement-timeout: 10min`, for this script in place of the usual limit. */
  readonly statementTimeoutMs: number | undefined;
  /** `-- loses: …` of a down script; undefined where it says `nothing`. */
  readonly loses: string | undefined;
}

export interface Statement {
  readonly text: string;
  /** Where it begins in its file, from 1. */
  readonly line: number;
}

// Two levels below the root, as are the bundles of the functions: the folder travels with them.
const folder = join(import.meta.dirname, '../../drizzle');
const breakpoint = '--> statement-breakpoint';
const unitMs = { s: 1_000, min: 60_000 };

/** The migrations of this release, oldest first. Throws for one that has no down script. */
export function readMigrations(from = folder): Migration[] {
  const journal = JSON.parse(readFileSync(join(from, 'meta/_journal.json'), 'utf8'));
  return journal.entries.map(({ tag, when }: { tag: string; when: number }) => {
    const up = readScript(from, `${tag}.sql`);
    return {
      name: tag,
      createdAt: when,
      up,
      down: readScript(from, `${tag}.down.sql`),
      checksum: sha256(withoutComments(up.text)),
      hash: sha256(up.text),
    };
  });
}

function readScript(from: string, file: string): Script {
  const path = join(from, file);
  if (!existsSync(path)) throw new Error(`drizzle/${file} is missing: every migration has one`);
  return parseScript(file, readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
}

/** What a file says, its statements as they are sent one after the other. */
export function parseScript(file: string, text: string): Script {
  const header = (name: string) => text.match(new RegExp(`^-- ${name}\\b:?[ ]*(.*)$`, 'm'))?.[1]?.trim();
  const [, amount, unit] = header('statement-timeout')?.match(/^(\d+) ?(s|min)$/) ?? [];
  const loses = header('loses') ?? 'nobody has said what';
  return {
    file,
    text,
    statements: splitStatements(text),
    isTransactional: header('no-transaction') === undefined,
    statementTimeoutMs: amount ? Number(amount) * unitMs[unit as 's' | 'min'] : undefined,
    loses: /^nothing\b/.test(loses) ? undefined : loses,
  };
}

function splitStatements(text: string): Statement[] {
  let offset = 0;
  return text.split(breakpoint).flatMap((part) => {
    const begin = offset + (part.length - part.trimStart().length);
    offset += part.length + breakpoint.length;
    const line = text.slice(0, begin).split('\n').length;
    return withoutComments(part) === '' ? [] : [{ text: part.trim(), line }];
  });
}

/** The text without lines that are a comment as a whole. */
export function withoutComments(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^\s*--(?!>)/.test(line))
    .join('\n')
    .trim();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

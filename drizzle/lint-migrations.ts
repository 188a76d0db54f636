import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Script, withoutComments } from './migrator/migration-files.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

// The migrator sets both limits, and the rest is style that locks nothing.
const excludedRules = [
  'require-lock-timeout',
  'require-statement-timeout',
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
  'prefer-text-field',
  'prefer-identity',
];

/** What Squawk does not look for. */
const ownRules = [
  {
    rule: 'explicit-lock',
    pattern: /^lock (table )?/i,
    message: 'LOCK TABLE keeps others out until the end of the migration.',
  },
  {
    rule: 'backfill',
    pattern: /^(update|delete from|insert into[^;]*\bselect)\b/i,
    message: 'Rows are written in one transaction, however many there are: their locks stay until its end.',
  },
];

/** What the scripts of `folder` may lock or break while the release before serves requests: by Squawk, and two rules of ours. */
export function findLockRisks(folder: string, scripts: readonly Script[]): Finding[] {
  const [inTransaction = [], outside = []] = [true, false].map((is) =>
    scripts.filter(({ isTransactional }) => isTransactional === is).map(({ file }) => join(folder, file)),
  );
  return [
    ...runSquawk(inTransaction, ['--assume-in-transaction']),
    ...runSquawk(outside, []),
    ...scripts.flatMap(applyOwnRules),
  ].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

function runSquawk(paths: readonly string[], options: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  const manifest = createRequire(import.meta.url).resolve('squawk-cli/package.json');
  const command = [join(dirname(manifest), 'js/bin/squawk'), '--reporter', 'json', ...options];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...command, ...excludedRules.flatMap((rule) => ['--exclude', rule]), ...paths],
    { encoding: 'utf8' },
  );
  if (status !== 0 && !stdout.startsWith('[')) throw new Error(`Squawk did not run: ${stderr}`);
  const found = JSON.parse(stdout) as { file: string; line: number; rule_name: string; message: string }[];
  return found.map(({ file, line, rule_name: rule, message }) => ({
    file: file.split('/').at(-1) ?? file,
    // It counts from 0.
    line: line + 1,
    rule,
    message,
  }));
}

function applyOwnRules({ file, statements }: Script): Finding[] {
  return statements.flatMap(({ text, line }) =>
    ownRules
      .filter(({ pattern }) => pattern.test(withoutComments(text)))
      .map(({ rule, message }) => ({ file, line, rule, message })),
  );
}

/**
 * What is wrong with the notes of a script: each has at least one line `-- lock-risk: none`, or `-- lock-risk: <rule>, <rule> because …` that
 * names exactly what was found.
 */
export function checkNotes({ file, text }: Script, findings: readonly Finding[]): string[] {
  const notes = [...text.matchAll(/^-- lock-risk: *(.*)$/gm)].map(([, note = '']) => note);
  if (notes.length === 0)
    return [`${file} has no line "-- lock-risk: …"`, ...findings.map((finding) => describe(finding))];
  const accepted = notes
    .filter((note) => !/^none\b/.test(note))
    .flatMap((note) => {
      const [rules = '', reason] = note.split(/ because /);
      return rules.split(',').map((rule) => ({ rule: rule.trim(), hasReason: Boolean(reason?.trim()) }));
    });
  const found = findings.filter((finding) => finding.file === file);
  return [
    ...found.filter(({ rule }) => !accepted.some((one) => one.rule === rule)).map(describe),
    ...accepted
      .filter(({ hasReason }) => !hasReason)
      .map(({ rule }) => `${file}: why is ${rule} accepted? Say "because …"`),
    ...accepted
      .filter(({ rule }) => !found.some((finding) => finding.rule === rule))
      .map(({ rule }) => `${file}: ${rule} is accepted, but not found`),
  ];
}

function describe({ file, line, rule, message }: Finding): string {
  return `${file}:${line} ${rule}: ${message}`;
}

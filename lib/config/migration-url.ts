import { setTimeout as sleep } from 'node:timers/promises';
import { getParameters, ParameterError } from '#lib/outbound/get-parameters.ts';
import { ConfigError, findBrokenRules } from './parse-config.ts';
import { settings } from './schema.ts';
import { findReferences } from './secret-references.ts';

/** The database as the owner of its tables, for what migrates it and needs no other setting; throws ConfigError. */
export async function getMigrationUrl(): Promise<string> {
  const { DATABASE_MIGRATION_URL, DATABASE_URL } = process.env;
  const references = findReferences({ DATABASE_MIGRATION_URL, DATABASE_URL });
  const parameters = references.size > 0 ? await readPatiently([...references.values()]) : undefined;
  const read = (key: string, text: string | undefined) => {
    const name = references.get(key);
    return name === undefined ? text : parameters?.get(name);
  };
  const owner = read('DATABASE_MIGRATION_URL', DATABASE_MIGRATION_URL);
  const url = owner || read('DATABASE_URL', DATABASE_URL);
  const key = owner ? 'DATABASE_MIGRATION_URL' : 'DATABASE_URL';
  const parsed = settings.DATABASE_URL.safeParse(url);
  if (!parsed.success)
    throw new ConfigError(
      parsed.error.issues.map(({ message }) => ({
        key,
        rule: url ? message : 'is missing',
        isMissing: !url,
      })),
    );
  const stage = settings.PLINTH_STAGE.safeParse(process.env.PLINTH_STAGE).data;
  const problems = stage === undefined ? [] : findBrokenRules({ PLINTH_STAGE: stage, [key]: parsed.data });
  if (problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

// A role that the same deployment has just made is known to every part of AWS within seconds, not at once.
const refusals = 5;
const pauseMs = 3_000;

async function readPatiently(names: readonly string[]): Promise<Map<string, string>> {
  for (let refusal = 1; ; refusal++) {
    try {
      return await getParameters(names);
    } catch (error) {
      const isRefused = error instanceof ParameterError && error.type === 'AccessDeniedException';
      if (!isRefused || refusal === refusals) throw error;
    }
    await sleep(pauseMs);
  }
}

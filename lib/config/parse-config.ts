import { type Config, settings } from './schema.ts';
import { isReference } from './secret-references.ts';
import { stageRules } from './stage-rules.ts';

export interface ConfigProblem {
  readonly key: keyof Config;
  /** What it breaks; never its value. */
  readonly rule: string;
  readonly isMissing: boolean;
}

/** Names every unusable setting at once: the key, the rule it breaks and where to set it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      `The configuration is unusable:\n${problems.map(({ key, rule }) => `  - ${key} ${rule}\n`).join('')}` +
        'Set them in the environment (local), or as /plinth/<stage>/<key> in SSM and in the environment of the deploy (AWS): `npm run config:check` says which.',
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Validates an environment; throws ConfigError with all problems. Empty strings count as not set. */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const config: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  for (const key of Object.keys(settings) as (keyof Config)[]) {
    const text = environment[key] || undefined;
    const { success, data, error } = settings[key].safeParse(isReference(text) ? undefined : text);
    if (success) config[key] = data;
    else if (text === undefined) problems.push({ key, rule: 'is missing', isMissing: true });
    else if (isReference(text)) problems.push({ key, rule: 'is not loaded from SSM', isMissing: true });
    else problems.push(...error.issues.map(({ message: rule }) => ({ key, rule, isMissing: false })));
  }
  problems.push(...findBrokenRules(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config;
}

/** What the stage asks of these settings, which have the right form: one that has not is named for that. */
export function findBrokenRules(config: Partial<Config>): ConfigProblem[] {
  const { PLINTH_STAGE: stage } = config;
  return stageRules
    .filter(({ key, stages }) => stage && stages.includes(stage) && config[key] !== undefined)
    .filter(({ key, isBroken }) => isBroken(config[key] as never, config))
    .map(({ key, text }) => ({ key, rule: `${text} in stage ${stage}`, isMissing: false }));
}

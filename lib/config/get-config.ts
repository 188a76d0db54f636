import { type Config, configSchema } from './schema.ts';

/** Names every unusable setting at once: the key, the rule it breaks and where to set it. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration is unusable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
        'Set them in the environment (local), or in the secret plinth/<stage> and the environment of the deploy (AWS).',
    );
    this.name = 'ConfigError';
  }
}

let current: Config | undefined;

/** The validated configuration of this process, parsed on first use; throws ConfigError. */
export function getConfig(): Config {
  current ??= parseConfig(process.env);
  return current;
}

/** Validates an environment; throws ConfigError with all problems. Empty strings count as not set. */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const settings = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = configSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const key = issue.path.join('.');
      return settings[key] === undefined ? `${key} is missing` : `${key}: ${issue.message}`;
    }),
  );
}

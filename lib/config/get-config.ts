import { parseConfig } from './parse-config.ts';
import type { Config } from './schema.ts';

let current: Config | undefined;

/** The validated configuration of this process, parsed on first use; throws ConfigError. Where secrets are in SSM, `loadConfig` goes before. */
export function getConfig(): Config {
  current ??= parseConfig(process.env);
  return current;
}

/** Has `getConfig` give this one from now on, or look at the environment again. */
export function adoptConfig(config: Config | undefined): void {
  current = config;
}

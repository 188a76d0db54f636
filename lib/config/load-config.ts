import { AppError } from '#lib/errors/app-error.ts';
import { toError } from '#lib/errors/to-error.ts';
import { getParameters } from '#lib/outbound/get-parameters.ts';
import { createCache } from '#lib/resilience/cache.ts';
import { adoptConfig } from './get-config.ts';
import { parseConfig } from './parse-config.ts';
import type { Config } from './schema.ts';
import { findReferences } from './secret-references.ts';

// A rotated secret is in use everywhere after five minutes; an outage of SSM of an hour is nobody's outage. ADR 0031.
const configs = createCache<Config>({
  name: 'configuration',
  freshMs: 4 * 60_000,
  staleMs: 5 * 60_000,
  awayMs: 60 * 60_000,
  maxEntries: 1,
});

let references: Map<string, string> | undefined;

/**
 * Begins an invocation with the secrets of SSM, at most five minutes old, or an hour while SSM is away; it has the same ones to its end.
 * Rejects with `unavailable` when there are none that can be used. Does nothing where the environment has the secrets themselves.
 */
export function loadConfig(now: Date): Promise<void> | undefined {
  references ??= findReferences(process.env);
  return references.size === 0 ? undefined : load(references, now);
}

async function load(names: Map<string, string>, now: Date): Promise<void> {
  adoptConfig(await configs.get('', now, () => readConfig(names)));
}

async function readConfig(names: Map<string, string>): Promise<Config> {
  try {
    const values = await getParameters([...names.values()]);
    const secrets = [...names].map(([key, name]) => [key, values.get(name)]);
    return parseConfig({ ...process.env, ...Object.fromEntries(secrets) });
  } catch (error) {
    // Whatever SSM says, and whatever an operator has just put there: what was read before is better than nothing.
    throw new AppError('unavailable', `the secrets cannot be used: ${toError(error).message}`, {
      cause: error,
    });
  }
}

/** For tests: as if the instance had just begun. */
export function forgetConfig(): void {
  references = undefined;
  configs.forget('');
  adoptConfig(undefined);
}

import * as z from 'zod';
import { type Config, settings } from '#lib/config/schema.ts';
import { type StageRule, stageRules } from '#lib/config/stage-rules.ts';

export interface Setting {
  readonly key: keyof Config;
  readonly description: string;
  readonly isSecret: boolean;
  /** Which functions get it; all but the static ones when undefined. */
  readonly isFor: 'jobs' | 'migration' | undefined;
  /** Undefined when it has to be set. */
  readonly defaultValue: string | undefined;
  readonly stageRules: readonly StageRule[];
}

/** Every setting with what is known of it, in the order of the schema. */
export function listSettings(): Setting[] {
  return (Object.keys(settings) as (keyof Config)[]).map((key) => {
    const {
      description = '',
      secret,
      isFor,
    } = z.globalRegistry.get(settings[key]) as {
      description?: string;
      secret?: boolean;
      isFor?: Setting['isFor'];
    };
    const unset = settings[key].safeParse(undefined);
    return {
      key,
      description,
      isSecret: secret === true,
      isFor,
      defaultValue: unset.success ? String(unset.data) : undefined,
      stageRules: stageRules.filter((rule) => rule.key === key),
    };
  });
}

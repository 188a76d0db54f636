import * as z from 'zod';
import { type Config, settings } from '#lib/config/schema.ts';
import { type StageRule, stageRules } from '#lib/config/stage-rules.ts';

export interface Setting {
  readonly key: keyof Config;
  readonly description: string;
  readonly isSecret: boolean;
  /** Only what migrates the database may have it. */
  readonly isForMigration: boolean;
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
      isForMigration,
    } = z.globalRegistry.get(settings[key]) as {
      description?: string;
      secret?: boolean;
      isForMigration?: boolean;
    };
    const unset = settings[key].safeParse(undefined);
    return {
      key,
      description,
      isSecret: secret === true,
      isForMigration: isForMigration === true,
      defaultValue: unset.success ? String(unset.data) : undefined,
      stageRules: stageRules.filter((rule) => rule.key === key),
    };
  });
}

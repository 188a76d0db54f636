import * as z from 'zod';
import { migrateUp } from './migrate-up.ts';
import { MigrationError } from './migration-error.ts';
import { readStatus } from './read-status.ts';
import { rollBack } from './roll-back.ts';
import type { SessionOptions } from './session.ts';

/** What an operator or a deployment asks for. */
export const MigrationCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({ command: z.literal('migrate'), acceptDrift: z.boolean().optional() }),
  z.strictObject({
    command: z.literal('rollback'),
    to: z
      .string()
      .regex(/^\d{4}$/, 'is the number of a migration, such as 0009')
      .optional(),
    allowDataLoss: z.boolean().optional(),
  }),
]);
export type MigrationCommand = z.infer<typeof MigrationCommand>;

/** Does it; the result is for people and scripts. Throws MigrationError, also when the database cannot be reached. */
export async function runMigrationCommand(
  url: string,
  command: MigrationCommand,
  session: SessionOptions,
): Promise<object> {
  try {
    return await run(url, command, session);
  } catch (error) {
    if (error instanceof MigrationError || !(error instanceof Error && 'code' in error)) throw error;
    // Of the network, or of PostgreSQL to a connection that it does not want: `localhost` fails twice, and then has no message.
    throw new MigrationError(
      `The database cannot be used: ${error.message || 'no answer'} (${error.code}).\nLook at DATABASE_MIGRATION_URL, or DATABASE_URL where that is not set, and whether the network lets this through.`,
      { cause: error },
    );
  }
}

async function run(url: string, { command, ...options }: MigrationCommand, session: SessionOptions) {
  if (command === 'status') return readStatus(url);
  if (command === 'migrate') return { applied: await migrateUp(url, { ...options, ...session }) };
  return { undone: await rollBack(url, { ...options, ...session }) };
}

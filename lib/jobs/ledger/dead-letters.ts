import { sql } from 'drizzle-orm';
import { deadLetterStates } from '#lib/jobs/run-states.ts';

/** The condition of the index of the dead letters: without parameters, or PostgreSQL does not see that it is the same. */
export const isDeadLetter = sql.raw(`state in (${deadLetterStates.map((state) => `'${state}'`).join(', ')})`);

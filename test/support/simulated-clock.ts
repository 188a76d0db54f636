import postgres from 'postgres';
import { inject } from 'vitest';
import { simulateClock } from './simulate-clock.ts';

/**
 * A database of the test's own whose `now()` is what the test says, for the code under test as well, which knows nothing of it. Returns its
 * URL, and the setter of its clock.
 */
export async function createSimulatedDatabase(name: string) {
  const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name} template ${inject('templateDatabase')}`);
  await admin.end();
  const url = inject('databaseUrl').replace(/\/[^/]*$/, `/${name}`);
  return { url, ...(await simulateClock(url)) };
}

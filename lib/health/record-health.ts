import { lt, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { getPool, type Transaction } from '#lib/db/client.ts';
import { healthSnapshots } from '#lib/db/schema/health-snapshots.ts';
import { healthTransitions } from '#lib/db/schema/health-transitions.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { registerJobs } from '#lib/jobs/register-jobs.ts';
import { recordChecks } from '#lib/observability/metrics.ts';
import { recordedChecks } from './all-checks.ts';
import { type Check, type CheckResult, type HealthStatus, worstOf } from './check.ts';
import { openBreakersName } from './checks/open-breakers.ts';
import { snapshotAge } from './checks/snapshot-age.ts';
import { observeAfresh } from './observe-checks.ts';

// Two missed runs of the job that looks every minute, and half a minute for a run that is late.
const expiresAfter = '150 seconds';
const retention = '30 days';

type Snapshot = Pick<typeof healthSnapshots.$inferInsert, 'status' | 'checks'>;
type Transition = typeof healthTransitions.$inferInsert;

/**
 * Looks at everything and stores what it saw, with an expiry, and what has changed since the last look. All times are of the database's
 * clock; of runs at once each change is stored once, and the snapshot is that of the later look.
 */
export async function recordHealth(
  ctx: Context<SystemActor>,
  checks: readonly Check[] = recordedChecks,
): Promise<{ status: HealthStatus; transitions: number; isSuperseded: boolean }> {
  // Whoever looks at the jobs has to know of those that were never started.
  await registerJobs();
  const observedAt = await readClock();
  const results = await observeAfresh(checks, ctx.now);
  recordChecks(count(results));
  const seen: Snapshot = {
    status: worstOf(results),
    checks: Object.fromEntries(
      results.map(({ name, status, output }) => [name, { status, ...(output && { output }) }]),
    ),
  };
  return withTransaction(ctx, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('health snapshot', 0))`);
    const [last] = await tx
      .select({
        status: healthSnapshots.status,
        checks: healthSnapshots.checks,
        expiresAt: healthSnapshots.expiresAt,
        isLater: sql<boolean>`${healthSnapshots.observedAt} between ${observedAt}::timestamptz and clock_timestamp()`,
        hasExpired: sql<boolean>`${healthSnapshots.expiresAt} < ${observedAt}::timestamptz`,
      })
      .from(healthSnapshots);
    if (last?.isLater) return { status: last.status, transitions: 0, isSuperseded: true };
    const transitions = [
      ...(last?.hasExpired ? unwatched(last, observedAt) : []),
      ...changes(last?.hasExpired ? { ...last, status: 'fail' } : last, seen).map((change) => ({
        ...change,
        at: observedAt,
      })),
    ];
    await store(tx, { ...seen, observedAt }, transitions);
    return { status: seen.status, transitions: transitions.length, isSuperseded: false };
  });
}

function count(results: readonly CheckResult[]) {
  const countOf = (wanted: HealthStatus) => results.filter(({ status }) => status === wanted).length;
  const openBreakers = results.find(({ name }) => name === openBreakersName)?.observedValue ?? 0;
  return { failing: countOf('fail'), warning: countOf('warn'), openBreakers };
}

async function readClock(): Promise<string> {
  const [row] = await getPool().execute(sql`select clock_timestamp()::text as now`);
  return String(row?.now);
}

async function store(
  tx: Transaction,
  snapshot: Snapshot & { readonly observedAt: string },
  transitions: Transition[],
): Promise<void> {
  const expiresAt = sql`${snapshot.observedAt}::timestamptz + ${expiresAfter}::interval`;
  await tx
    .insert(healthSnapshots)
    .values({ id: 'service', ...snapshot, expiresAt })
    .onConflictDoUpdate({ target: healthSnapshots.id, set: { ...snapshot, expiresAt } });
  if (transitions.length > 0) await tx.insert(healthTransitions).values(transitions);
  await tx.delete(healthTransitions).where(lt(healthTransitions.at, sql`now() - ${retention}::interval`));
}

/** What is other than last time; a check that is new and passes is not worth a line. */
function changes(last: Snapshot | undefined, seen: Snapshot): Omit<Transition, 'at'>[] {
  const statusOf = (snapshot: Snapshot | undefined) =>
    ({ overall: snapshot && { status: snapshot.status }, ...snapshot?.checks }) as Snapshot['checks'];
  const before = statusOf(last);
  return Object.entries(statusOf(seen))
    .filter(([check, { status }]) => status !== (before[check]?.status ?? 'pass'))
    .map(([check, { status, output }]) => ({
      check,
      from: before[check]?.status ?? null,
      to: status,
      output: output ?? null,
    }));
}

/** The time in which nobody looked belongs to the history, too: until now the service has failed, as it read, whatever was seen before. */
function unwatched(
  { status, expiresAt: at }: Snapshot & { expiresAt: string },
  observedAt: string,
): Transition[] {
  const check = snapshotAge.name;
  return [
    { check, from: 'pass', to: 'fail', output: 'nobody has looked', at },
    ...(status === 'fail' ? [] : [{ check: 'overall', from: status, to: 'fail' as const, at }]),
    { check, from: 'fail', to: 'pass', at: observedAt },
  ];
}

import { getConfig } from '#lib/config/get-config.ts';
import { getPoolStatistics, getReplicaPool } from '#lib/db/client.ts';
import { listBreakers } from '#lib/resilience/list-breakers.ts';
import type { Check } from './check.ts';
import { backupFreshness } from './checks/backup-freshness.ts';
import { connectionErrors } from './checks/connection-errors.ts';
import { failingMails } from './checks/failing-mails.ts';
import { jobDeadLetters } from './checks/job-dead-letters.ts';
import { jobFreshness } from './checks/job-freshness.ts';
import { mailDeliveryDelay } from './checks/mail-delivery-delay.ts';
import { openBreakers } from './checks/open-breakers.ts';
import { poolSaturation } from './checks/pool-saturation.ts';
import { releaseSkew } from './checks/release-skew.ts';
import { replicaLag } from './checks/replica-lag.ts';
import { schemaDrift } from './checks/schema-drift.ts';
import { signingKeyAge } from './checks/signing-key-age.ts';
import { snapshotAge } from './checks/snapshot-age.ts';
import { readyChecks } from './ready-checks.ts';

// First, or it sees the statements of the other checks wait.
const pool = poolSaturation(getPoolStatistics);

/** What the job recordHealth looks at, for all instances. docs/health.md says of each what to do. */
export const recordedChecks: readonly Check[] = [
  pool,
  ...readyChecks,
  connectionErrors(() => getPoolStatistics().connectionErrors),
  replicaLag(findReplica),
  schemaDrift,
  openBreakers(listOpenBreakers),
  mailDeliveryDelay,
  failingMails,
  jobFreshness,
  jobDeadLetters,
  backupFreshness,
  signingKeyAge,
  releaseSkew,
];

/** Those, and whether the job looks. */
export const allChecks: readonly Check[] = [...recordedChecks, snapshotAge];

function findReplica() {
  return getConfig().DATABASE_REPLICA_URL === '' ? undefined : getReplicaPool();
}

async function listOpenBreakers(): Promise<string[]> {
  const { items } = await listBreakers();
  return items.filter(({ state }) => state === 'open').map(({ name }) => name);
}

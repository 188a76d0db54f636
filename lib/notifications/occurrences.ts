import type { UntoldTransition } from '#lib/health/take-untold-transitions.ts';
import type { UntoldEnd } from '#lib/jobs/ledger/take-untold-ends.ts';
import type { BreakerOpenings } from '#lib/resilience/breaker-openings.ts';
import { deliverNotificationJob } from './deliver-notification-job.ts';
import type { Occurrence } from './events.ts';
import { tellRemainingRulesJob } from './tell-remaining-rules-job.ts';

// Fifty of them fit into the 262,144 bytes of a payload, even where JSON takes six bytes for each character.
const longestOutput = 700;
const notifying = [deliverNotificationJob.id, tellRemainingRulesJob.id];

const endsOfJobs = {
  failed: { event: 'job.failed', did: 'failed for good' },
  dead: { event: 'job.dead', did: 'failed in its last attempt' },
  timed_out: { event: 'job.dead', did: 'ran out of time in its last attempt' },
  missed: { event: 'job.missed', did: 'missed a slot' },
} as const;

/** Nothing for the jobs that notify: what keeps them from telling would keep them from telling that. */
export function ofEnd({ id, jobId, state, errorClass, at }: UntoldEnd): Occurrence[] {
  if (notifying.includes(jobId)) return [];
  const { event, did } = endsOfJobs[state];
  const summary = `The job ${jobId} ${did}`;
  return [
    { event, subject: jobId, severity: 'warning', summary, details: { runId: id, state, errorClass }, at },
  ];
}

/** Of the service as a whole anybody may hear, and what it is now is all they hear. */
export function ofTransition({ check, from, to, output, at }: UntoldTransition): Occurrence {
  const isOverall = check === 'overall';
  const summary = isOverall ? overallSummaries[to] : `The check ${check} is ${to}`;
  const severity = to === 'pass' ? 'notice' : isOverall && to === 'fail' ? 'critical' : 'warning';
  const details = { from, to, ...(output !== null && { output: output.slice(0, longestOutput) }) };
  return {
    event: 'health.changed',
    subject: check,
    state: to,
    severity,
    summary,
    details,
    at,
    isPublic: isOverall,
  };
}

const overallSummaries = {
  pass: 'The service is well',
  warn: 'The service works with limitations',
  fail: 'The service is not available',
};

export function ofOpening({ name, count }: BreakerOpenings, now: Date): Occurrence {
  const summary = `The circuit breaker ${name} has opened: the service is not called until a probe succeeds`;
  const at = now.toISOString();
  return { event: 'breaker.opened', subject: name, severity: 'warning', summary, details: {}, at, count };
}

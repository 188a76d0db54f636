import type { Schedule } from './schedule.ts';

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];

/**
 * The expression to deploy. EventBridge counts an interval from the creation of its schedule, so that the cloud would have
 * other slots than we: an interval becomes the cron of its slots. Throws when it has none, as it does not divide a day.
 */
export function toDeployedExpression(schedule: Schedule): string {
  if (schedule.kind === 'calendar') return schedule.expression;
  const { intervalMs } = schedule;
  if (intervalMs === dayMs) return 'cron(0 0 * * ? *)';
  if (intervalMs === hourMs) return 'cron(0 * * * ? *)';
  if (intervalMs === minuteMs) return 'cron(* * * * ? *)';
  if (intervalMs < hourMs && hourMs % intervalMs === 0) return `cron(0/${intervalMs / minuteMs} * * * ? *)`;
  if (intervalMs % hourMs === 0 && dayMs % intervalMs === 0)
    return `cron(0 0/${intervalMs / hourMs} * * ? *)`;
  throw new Error(
    `"${schedule.expression}" cannot be deployed: its times do not repeat every hour or every day; use cron(…)`,
  );
}

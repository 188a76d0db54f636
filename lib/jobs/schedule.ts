import { type Calendar, parseCron } from './schedule-cron.ts';
import { type DstPolicy, instantsByDay } from './schedule-instants.ts';

export type { DstPolicy } from './schedule-instants.ts';

type Unit = 'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days';

/** What a job may recur by, as EventBridge writes it. A single time, `at(…)`, is parsed too, but is not a job's schedule. */
export type ScheduleExpression = `rate(${number} ${Unit})` | `cron(${string})`;

/** A parsed expression: an interval in ms, counted from 1970 in UTC, or a calendar in some time zone. */
export type Schedule = { readonly expression: string } & (
  | { readonly kind: 'rate'; readonly intervalMs: number }
  | { readonly kind: 'calendar'; readonly calendar: Calendar }
);

export interface ZoneOptions {
  /** IANA name; `UTC` by default. An interval does not look at it. */
  readonly timezone?: string | undefined;
  readonly dst?: DstPolicy | undefined;
}

/** What EventBridge Scheduler does by itself: a time that does not exist is skipped, one that repeats runs once. */
export const defaultDst: DstPolicy = { gap: 'skip', overlap: 'once' };

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
// The last year that EventBridge knows is 2199.
const endMs = Date.UTC(2200, 0, 1);

/** Throws an error that names the expression and what is wrong with it, on all that EventBridge does not document. */
export function parseSchedule(expression: string): Schedule {
  const [, kind, body] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  try {
    if (body === undefined) throw new Error('expected rate(…), cron(…) or at(…)');
    if (kind === 'rate') return { expression, kind: 'rate', intervalMs: parseRate(body) };
    return { expression, kind: 'calendar', calendar: kind === 'cron' ? parseCron(body) : parseAt(body) };
  } catch (error) {
    throw new Error(`invalid schedule "${expression}": ${(error as Error).message}`);
  }
}

function parseRate(body: string): number {
  const [, digits, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(body) ?? [];
  if (!unit) throw new Error('expected a whole number and minutes, hours or days');
  const value = Number(digits);
  if (!/^[1-9]/.test(digits ?? '')) throw new Error('the number has to be 1 or more, without leading zeros');
  if ((value === 1) !== (plural === ''))
    throw new Error('the unit is singular for 1 and plural for the rest');
  const intervalMs = value * unitMs[unit as keyof typeof unitMs];
  if (intervalMs >= endMs) throw new Error('the interval is longer than the calendar, which ends in 2199');
  return intervalMs;
}

function parseAt(body: string): Calendar {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body)) throw new Error('expected yyyy-mm-ddThh:mm:ss');
  const time = new Date(`${body}Z`);
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(body))
    throw new Error('no such date or time exists');
  const year = time.getUTCFullYear();
  if (year < 1970 || year > 2199) throw new Error(`year "${year}" is not 1970 to 2199`);
  return {
    years: [year],
    months: [time.getUTCMonth() + 1],
    day: { kind: 'days', days: [time.getUTCDate()] },
    timesOfDayMs: [time.getTime() % unitMs.day],
  };
}

/** The next `count` times after an instant, ascending; fewer, down to none, when the schedule ends before. */
export function nextTimes(
  schedule: Schedule,
  { after, count, ...zone }: ZoneOptions & { after: Date; count: number },
): Date[] {
  return timesAfter(schedule, after.getTime(), Number.POSITIVE_INFINITY, count, zone);
}

/** The times after `from` up to and including `to`, ascending, at most the first `limit` of them. */
export function timesBetween(
  schedule: Schedule,
  from: Date,
  to: Date,
  { limit, ...zone }: ZoneOptions & { limit: number },
): Date[] {
  return timesAfter(schedule, from.getTime(), to.getTime(), limit, zone);
}

/** The latest time at or before an instant; undefined when there was none since 1970. */
export function previousTime(
  schedule: Schedule,
  { atOrBefore, timezone = 'UTC', dst = defaultDst }: ZoneOptions & { atOrBefore: Date },
): Date | undefined {
  const until = atOrBefore.getTime();
  if (schedule.kind === 'rate') return multipleAt(schedule.intervalMs, until);
  let latest: number | undefined;
  let foundOn = 0;
  for (const { dayMs, instants } of instantsByDay(schedule.calendar, until, -1, timezone, dst)) {
    if (latest !== undefined && dayMs < foundOn - unitMs.day) break;
    const found = instants.findLast((instant) => instant <= until);
    if (found === undefined) continue;
    if (latest === undefined) foundOn = dayMs;
    latest = Math.max(latest ?? found, found);
  }
  return latest === undefined ? undefined : new Date(latest);
}

function timesAfter(
  schedule: Schedule,
  from: number,
  to: number,
  limit: number,
  { timezone = 'UTC', dst = defaultDst }: ZoneOptions,
): Date[] {
  if (schedule.kind === 'rate') return multiplesAfter(schedule.intervalMs, from, to, limit);
  const times = new Set<number>();
  const isWanted = (instant: number) => instant > from && instant <= to;
  // Around a change of offset a day may begin before the day before it ends: one more is looked at.
  let lastDayMs = to + 2 * unitMs.day;
  for (const { dayMs, instants } of instantsByDay(schedule.calendar, from, 1, timezone, dst)) {
    if (dayMs > lastDayMs) break;
    for (const instant of instants.filter(isWanted).slice(0, limit)) times.add(instant);
    if (times.size >= limit) lastDayMs = Math.min(lastDayMs, dayMs + unitMs.day);
  }
  return [...times]
    .sort((a, b) => a - b)
    .slice(0, limit)
    .map((time) => new Date(time));
}

function multipleAt(intervalMs: number, until: number): Date | undefined {
  if (until < 0) return undefined;
  return new Date(Math.floor(Math.min(until, endMs - 1) / intervalMs) * intervalMs);
}

function multiplesAfter(intervalMs: number, from: number, to: number, limit: number): Date[] {
  const end = Math.min(to, endMs - 1);
  const times: Date[] = [];
  let next = Math.max(0, (Math.floor(from / intervalMs) + 1) * intervalMs);
  for (; next <= end && times.length < limit; next += intervalMs) times.push(new Date(next));
  return times;
}

import type { Calendar } from './schedule-cron.ts';
import { daysOfMonth } from './schedule-days.ts';
import { changeBetween, offsetAt } from './schedule-zone.ts';

/** What becomes of local times that do not exist in spring, or exist twice in autumn. */
export interface DstPolicy {
  /** `skip`: they do not run. `after`: they run together, once, at the first instant after the gap. */
  readonly gap: 'skip' | 'after';
  /** `once`: the first of the two. */
  readonly overlap: 'once' | 'twice';
}

const dayMs = 86_400_000;

/**
 * The instants of a calendar, day by day from the local day of `fromMs` on, in either direction. One yield is one local
 * day, ascending; around a change of offset a neighbouring day may reach into it or repeat its last instant.
 */
export function* instantsByDay(
  calendar: Calendar,
  fromMs: number,
  direction: 1 | -1,
  timezone: string,
  dst: DstPolicy,
): Generator<{ dayMs: number; instants: number[] }> {
  const fromLocal = fromMs + offsetAt(timezone, fromMs);
  // A change of offset is at most a day: an instant after this one has its local time on the day before or later.
  const start = Math.floor(fromLocal / dayMs) * dayMs - direction * dayMs;
  for (const day of localDays(calendar, start, direction))
    yield { dayMs: day, instants: instantsOfDay(calendar.timesOfDayMs, day, timezone, dst) };
}

function* localDays(calendar: Calendar, startMs: number, direction: 1 | -1): Generator<number> {
  const inOrder = <T>(list: readonly T[]) => (direction === 1 ? list : list.toReversed());
  const isBefore = (a: number, b: number) => (a - b) * direction < 0;
  const start = new Date(startMs);
  const startMonth = start.getUTCFullYear() * 12 + start.getUTCMonth() + 1;
  for (const year of inOrder(calendar.years)) {
    if (isBefore(year, start.getUTCFullYear())) continue;
    for (const month of inOrder(calendar.months)) {
      if (isBefore(year * 12 + month, startMonth)) continue;
      for (const day of inOrder(daysOfMonth(calendar.day, year, month))) {
        const local = Date.UTC(year, month - 1, day);
        if (!isBefore(local, startMs)) yield local;
      }
    }
  }
}

function instantsOfDay(
  timesOfDayMs: readonly number[],
  day: number,
  timezone: string,
  dst: DstPolicy,
): number[] {
  // No zone is more than a day from UTC, and since 1970 none changed twice within a week.
  const [before, after] = [day - dayMs, day + 2 * dayMs];
  const [offset, offsetAfter] = [offsetAt(timezone, before), offsetAt(timezone, after)];
  if (offset === offsetAfter) return timesOfDayMs.map((time) => day + time - offset);

  const change = changeBetween(timezone, before, after);
  const instants = new Set<number>();
  for (const time of timesOfDayMs) {
    const [first, second] = [day + time - offset, day + time - offsetAfter];
    if (first < change) instants.add(first);
    if (second >= change && (first >= change || dst.overlap === 'twice')) instants.add(second);
    if (first >= change && second < change && dst.gap === 'after') instants.add(change);
  }
  return [...instants].sort((a, b) => a - b);
}

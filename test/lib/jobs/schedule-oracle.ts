import type { DstPolicy } from '#lib/jobs/schedule.ts';

export interface Fields {
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * The times after `from` up to `to`, found by reading the local clock at every minute; shares no line with the evaluator.
 * `from` and `to` are whole minutes.
 */
export function walkMinutes(
  fields: Fields,
  timezone: string,
  dst: DstPolicy,
  from: number,
  to: number,
): Date[] {
  const read = clockOf(timezone);
  const seen = new Set<number>();
  const found: Date[] = [];
  let previous = read(from - dayMs - minuteMs);
  // From a day before, so that it knows which local times have already been.
  for (let instant = from - dayMs; instant <= to; instant += minuteMs) {
    const local = read(instant);
    const isRepeated = seen.has(local);
    seen.add(local);
    let runs = matches(fields, local) && (!isRepeated || dst.overlap === 'twice');
    if (dst.gap === 'after')
      for (let missing = previous + minuteMs; missing < local; missing += minuteMs)
        runs ||= matches(fields, missing);
    if (runs && instant > from) found.push(new Date(instant));
    previous = local;
  }
  return found;
}

const readings = new Map<string, Map<number, number>>();

/** What a clock on the wall shows, as if it were UTC; kept, for asking takes 10 us and each run asks thousands. */
function clockOf(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const known = readings.get(timeZone) ?? new Map<number, number>();
  readings.set(timeZone, known);
  return (instant) => {
    const local = known.get(instant) ?? Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
    known.set(instant, local);
    return local;
  };
}

function matches(fields: Fields, local: number): boolean {
  const date = new Date(local);
  return (
    inList(fields.minute, date.getUTCMinutes(), 0, 59) &&
    inList(fields.hour, date.getUTCHours(), 0, 23) &&
    inList(fields.month, date.getUTCMonth() + 1, 1, 12) &&
    isDay(fields, date)
  );
}

const monthIn = (date: Date, days: number) => new Date(date.getTime() + days * dayMs).getUTCMonth();
const isSameMonth = (date: Date, days: number) => monthIn(date, days) === date.getUTCMonth();

function isDay({ dayOfMonth, dayOfWeek }: Fields, date: Date): boolean {
  const weekday = date.getUTCDay();
  if (dayOfMonth === 'L') return !isSameMonth(date, 1);
  if (dayOfMonth === 'LW')
    return weekday === 5 ? !isSameMonth(date, 3) : weekday % 6 !== 0 && !isSameMonth(date, 1);
  if (dayOfMonth.endsWith('W')) return isNearest(Number(dayOfMonth.slice(0, -1)), date);
  if (dayOfMonth !== '?') return inList(dayOfMonth, date.getUTCDate(), 1, 31);
  if (dayOfWeek === 'L') return weekday === 6;
  if (dayOfWeek.endsWith('L')) return weekday + 1 === Number(dayOfWeek.slice(0, -1)) && !isSameMonth(date, 7);
  const [nthWeekday, nth] = dayOfWeek.split('#');
  if (nth) return weekday + 1 === Number(nthWeekday) && Math.ceil(date.getUTCDate() / 7) === Number(nth);
  return inList(dayOfWeek, weekday + 1, 1, 7);
}

/** No working day of its month is nearer to the wanted day, which the month has. */
function isNearest(wanted: number, date: Date): boolean {
  const away = wanted - date.getUTCDate();
  const isWorkday = (days: number) => {
    const weekday = new Date(date.getTime() + days * dayMs).getUTCDay();
    return weekday % 6 !== 0 && isSameMonth(date, days);
  };
  if (!isWorkday(0) || !isSameMonth(date, away)) return false;
  return [-2, -1, 0, 1, 2].every((near) => !isWorkday(away + near) || Math.abs(near) >= Math.abs(away));
}

function inList(list: string, value: number, min: number, max: number): boolean {
  return list.split(',').some((item) => {
    const [range = '', step] = item.split('/');
    const [first = '', last = step ? String(max) : first] =
      range === '*' ? [String(min), String(max)] : range.split('-');
    const size = max - min + 1;
    const distance = (value - Number(first) + size) % size;
    return distance <= (Number(last) - Number(first) + size) % size && distance % Number(step ?? 1) === 0;
  });
}

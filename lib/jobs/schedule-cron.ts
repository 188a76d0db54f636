import { type DayRule, daysOfMonth } from './schedule-days.ts';

/** Local dates and times of day; in which zone, the question tells. All lists ascend. */
export interface Calendar {
  readonly years: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  readonly day: DayRule;
  readonly timesOfDayMs: readonly number[];
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** As AWS documents them: the day of the week has no increments. */
  readonly wildcards: string;
  readonly names?: readonly string[];
}

const minute: Field = { name: 'minute', min: 0, max: 59, wildcards: ', - * /' };
const hour: Field = { name: 'hour', min: 0, max: 23, wildcards: ', - * /' };
const dayOfMonth: Field = {
  name: 'day of month',
  min: 1,
  max: 31,
  wildcards: ', - * / and, by themselves, ? L W',
};
const month: Field = {
  name: 'month',
  min: 1,
  max: 12,
  wildcards: ', - * /',
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const dayOfWeek: Field = {
  name: 'day of week',
  min: 1,
  max: 7,
  wildcards: ', - * and, by themselves, ? L #',
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};
const year: Field = { name: 'year', min: 1970, max: 2199, wildcards: ', - * /' };

const minuteMs = 60_000;

/** Reads the six fields between the brackets of `cron(…)`; throws an error that names the field and what is wrong. */
export function parseCron(fields: string): Calendar {
  const parts = fields.split(' ');
  if (parts.length !== 6 || parts.includes(''))
    throw new Error(
      `expected six fields with one space between them (minute hour day-of-month month day-of-week year), got ${parts.filter(Boolean).length}`,
    );
  const [minutes, hours, days, months, weekdays, years] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((days === '?') === (weekdays === '?'))
    throw new Error('exactly one of day of month and day of week has to be "?"');
  const minutesOfHour = parseList(minute, minutes);
  const timesOfDayMs = parseList(hour, hours).flatMap((h) =>
    minutesOfHour.map((m) => (h * 60 + m) * minuteMs),
  );
  const calendar: Calendar = {
    years: parseList(year, years),
    months: parseList(month, months),
    day: weekdays === '?' ? parseDayOfMonth(days) : parseDayOfWeek(weekdays),
    timesOfDayMs,
  };
  if (!calendar.years.some((y) => calendar.months.some((m) => daysOfMonth(calendar.day, y, m).length > 0)))
    throw new Error('no such date exists in its years');
  return calendar;
}

function parseDayOfMonth(text: string): DayRule {
  if (text === 'L') return { kind: 'lastDay' };
  if (text === 'LW') return { kind: 'lastWorkday' };
  const [, day] = /^(\d+)W$/.exec(text) ?? [];
  if (day) return { kind: 'nearestWorkday', day: parseValue(dayOfMonth, day) };
  return { kind: 'days', days: parseList(dayOfMonth, text) };
}

function parseDayOfWeek(text: string): DayRule {
  if (text === 'L') return { kind: 'weekdays', weekdays: [6] };
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last) return { kind: 'lastWeekday', weekday: parseValue(dayOfWeek, last) - 1 };
  const [, weekday, nth] = /^(\w+)#(\w+)$/.exec(text) ?? [];
  if (weekday && nth) {
    if (!/^[1-5]$/.test(nth)) throw new Error(`${dayOfWeek.name} "${text}": after "#" comes 1 to 5`);
    return { kind: 'nthWeekday', weekday: parseValue(dayOfWeek, weekday) - 1, nth: Number(nth) };
  }
  return { kind: 'weekdays', weekdays: parseList(dayOfWeek, text).map((value) => value - 1) };
}

function parseList(field: Field, text: string): number[] {
  const items = text.split(',');
  if (items.length > 1 && items.includes('*'))
    throw new Error(`${field.name} "${text}": "*" stands alone or with an increment`);
  return [...new Set(items.flatMap((item) => parseItem(field, item)))].sort((a, b) => a - b);
}

/** `*`, `a`, `a-b`, each with `/step`; `a/step` runs to the end of the field. A range may wrap around, as in 22-2. */
function parseItem(field: Field, item: string): number[] {
  const [, from, to, step] = /^(\*|\d+|[A-Za-z]{3})(?:-(\d+|[A-Za-z]{3}))?(?:\/(\w+))?$/.exec(item) ?? [];
  if (from === undefined || (from === '*' && to !== undefined))
    throw new Error(`${field.name} "${item}" is not understood; its wildcards are ${field.wildcards}`);
  if (step !== undefined && !field.wildcards.includes('/'))
    throw new Error(`${field.name} "${item}": "/" is not among its wildcards ${field.wildcards}`);
  const increment = step === undefined ? 1 : parseStep(field, item, step);
  const first = from === '*' ? field.min : parseValue(field, from);
  const isOpen = from === '*' || (to === undefined && step !== undefined);
  const last = isOpen ? field.max : to === undefined ? first : parseValue(field, to);
  if (first > last && field === year) throw new Error(`${field.name} "${item}" ends before it begins`);
  const size = field.max - field.min + 1;
  const length = Math.floor(((last - first + size) % size) / increment) + 1;
  return Array.from({ length }, (_, index) => field.min + ((first - field.min + index * increment) % size));
}

function parseStep(field: Field, item: string, text: string): number {
  const step = Number(text);
  if (/^\d+$/.test(text) && step >= 1 && step <= field.max - field.min) return step;
  throw new Error(`${field.name} "${item}": the increment has to be 1 to ${field.max - field.min}`);
}

function parseValue(field: Field, text: string): number {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.min;
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= field.min && value <= field.max) return value;
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : '';
  throw new Error(`${field.name} "${text}" is not ${field.min} to ${field.max}${names}`);
}

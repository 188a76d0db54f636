import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTimes, parseSchedule, previousTime, timesBetween } from '#lib/jobs/schedule.ts';
import { type Fields, walkMinutes } from './schedule-oracle.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

// Days on which clocks change in some of them, by an hour, by half an hour, at midnight, and by a whole day.
const zones = [
  ['UTC', '2026-06-01'],
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2025-10-05'],
  ['Asia/Beirut', '2025-03-30'],
  ['Asia/Beirut', '2025-10-26'],
  ['America/St_Johns', '2008-11-02'],
  ['America/St_Johns', '2008-03-09'],
  ['Pacific/Apia', '2011-12-30'],
  ['Asia/Kathmandu', '2026-02-28'],
  ['Africa/Casablanca', '2025-02-23'],
  ['America/Los_Angeles', '2028-02-29'],
] as const;

const value = (min: number, max: number) => fc.integer({ min, max }).map(String);
const item = (min: number, max: number, isRound = true) => {
  const range = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([a, b]) => (isRound || a <= b ? `${a}-${b}` : `${b}-${a}`));
  const start = fc.oneof(fc.constant('*'), value(min, max), range);
  return fc.oneof(
    value(min, max),
    range,
    fc.tuple(start, value(1, max - min)).map(([a, b]) => `${a}/${b}`),
  );
};
const list = (min: number, max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
  );
const weekdays = fc.array(fc.oneof(value(1, 7), fc.constantFrom('6-2', '2-6', '7-1')), {
  minLength: 1,
  maxLength: 3,
});
const days = fc.oneof(
  fc.tuple(
    fc.oneof(
      list(1, 31),
      fc.constantFrom('L', 'LW'),
      value(1, 31).map((day) => `${day}W`),
    ),
    fc.constant('?'),
  ),
  fc.tuple(
    fc.constant('?'),
    fc.oneof(
      fc.constantFrom('*', 'L'),
      value(1, 7).map((day) => `${day}L`),
      fc.tuple(value(1, 7), value(1, 5)).map(([day, nth]) => `${day}#${nth}`),
      weekdays.map((items) => items.join(',')),
    ),
  ),
);
const fields: fc.Arbitrary<Fields> = fc
  .record({ minute: list(0, 59), hour: list(0, 23), month: fc.oneof(fc.constant('*'), list(1, 12)), days })
  .map(({ days: [dayOfMonth, dayOfWeek], ...rest }) => ({ ...rest, dayOfMonth, dayOfWeek }));
const policy = fc.record({
  gap: fc.constantFrom('skip' as const, 'after' as const),
  overlap: fc.constantFrom('once' as const, 'twice' as const),
});

/** Undefined for a date that no year has: that is refused, and has a test of its own. */
function scheduleOf({ minute, hour, dayOfMonth, month, dayOfWeek }: Fields) {
  try {
    return parseSchedule(`cron(${minute} ${hour} ${dayOfMonth} ${month} ${dayOfWeek} *)`);
  } catch (error) {
    if (String(error).includes('no such date exists')) return undefined;
    throw error;
  }
}

test('finds the times that a walk over every minute finds, on the days around a change of clocks', () => {
  fc.assert(
    fc.property(
      fields,
      fc.constantFrom(...zones),
      policy,
      fc.nat(1440),
      (cron, [timezone, day], dst, offset) => {
        const schedule = scheduleOf(cron);
        fc.pre(schedule !== undefined);
        const from = Date.parse(day) - dayMs + offset * minuteMs;
        const to = from + 2 * dayMs;
        const expected = walkMinutes(cron, timezone, dst, from, to);
        const options = { timezone, dst };
        expect(timesBetween(schedule, new Date(from), new Date(to), { limit: 5000, ...options })).toEqual(
          expected,
        );
        const next = nextTimes(schedule, { after: new Date(from), count: 3, ...options });
        expect(next.filter((time) => time.getTime() <= to)).toEqual(expected.slice(0, 3));
        const last = previousTime(schedule, { atOrBefore: new Date(to), ...options });
        expect(last && last.getTime() > from ? last : undefined).toEqual(expected.at(-1));
      },
    ),
    { numRuns: 60 },
  );
  // Walking takes most of it.
}, 60_000);

test('next and previous are each other’s inverse, and nothing lies between them', () => {
  const instants = fc.date({ min: new Date('1975-01-01'), max: new Date('2150-01-01'), noInvalidDate: true });
  const expressions = fc.oneof(
    fields.map((cron) => scheduleOf(cron)),
    fc.integer({ min: 2, max: 5000 }).map((minutes) => parseSchedule(`rate(${minutes} minutes)`)),
  );
  fc.assert(
    fc.property(
      expressions,
      fc.constantFrom(...zones),
      policy,
      instants,
      (schedule, [timezone], dst, instant) => {
        fc.pre(schedule !== undefined);
        const zone = { timezone, dst };
        const previous = previousTime(schedule, { atOrBefore: instant, ...zone });
        const [next] = nextTimes(schedule, { after: instant, count: 1, ...zone });
        if (previous) {
          expect(previous <= instant).toBe(true);
          expect(nextTimes(schedule, { after: previous, count: 1, ...zone })[0]).toEqual(next);
        }
        if (next) {
          expect(next > instant).toBe(true);
          const justBefore = new Date(next.getTime() - 1);
          expect(previousTime(schedule, { atOrBefore: next, ...zone })).toEqual(next);
          expect(previousTime(schedule, { atOrBefore: justBefore, ...zone })).toEqual(previous);
        }
      },
    ),
    { numRuns: 500 },
  );
});

import { expect, test } from 'vitest';
import {
  type DstPolicy,
  nextTimes,
  parseSchedule,
  previousTime,
  timesBetween,
  type ZoneOptions,
} from '#lib/jobs/schedule.ts';
import { scheduleCases } from './schedule-cases.ts';

const cases = scheduleCases
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => {
    const [expression = '', where = '', from = '', times = ''] = line.split(' | ');
    const [timezone, ...policies] = where.split(' ');
    const dst: DstPolicy = {
      gap: policies.includes('after') ? 'after' : 'skip',
      overlap: policies.includes('twice') ? 'twice' : 'once',
    };
    const expected = times.split(' ').filter((time) => time !== 'never');
    return {
      expression,
      where,
      from,
      zone: { timezone, dst } satisfies ZoneOptions,
      expected: expected.map((time) => new Date(time)),
      ends: times.endsWith('never'),
    };
  });

test('there are 200 golden cases', () => {
  expect(cases.length).toBeGreaterThanOrEqual(200);
});

test.each(cases)('$expression in $where from $from', ({ expression, from, zone, expected, ends }) => {
  const schedule = parseSchedule(expression);
  const after = new Date(from);
  const count = expected.length + (ends ? 1 : 0);
  expect(nextTimes(schedule, { after, count, ...zone })).toEqual(expected);
  for (const [index, time] of expected.entries()) {
    expect(previousTime(schedule, { atOrBefore: time, ...zone })).toEqual(time);
    const before = previousTime(schedule, { atOrBefore: new Date(time.getTime() - 1), ...zone });
    if (index > 0) expect(before).toEqual(expected[index - 1]);
    else expect(before === undefined || before <= after).toBe(true);
  }
  const last = expected.at(-1);
  if (last) expect(timesBetween(schedule, after, last, { limit: 1000, ...zone })).toEqual(expected);
});

test('the times between two instants leave out the first, have the last, and stop at the limit', () => {
  const schedule = parseSchedule('cron(0 * * * ? *)');
  const [from, to] = [new Date('2026-11-21T09:00Z'), new Date('2026-11-21T12:00Z')];
  const hours = timesBetween(schedule, from, to, { limit: 100 }).map((time) => time.getUTCHours());
  expect(hours).toEqual([10, 11, 12]);
  expect(timesBetween(schedule, from, to, { limit: 2 })).toHaveLength(2);
  expect(timesBetween(schedule, to, from, { limit: 2 })).toEqual([]);
  expect(timesBetween(parseSchedule('rate(1 hour)'), from, to, { limit: 100 })).toHaveLength(3);
  expect(timesBetween(parseSchedule('rate(1 hour)'), from, to, { limit: 2 })).toHaveLength(2);
});

test('nothing was before 1970', () => {
  for (const expression of ['rate(1 hour)', 'cron(0 * * * ? *)', 'at(1970-01-01T00:00:00)'])
    expect(previousTime(parseSchedule(expression), { atOrBefore: new Date(-1) })).toBeUndefined();
});

test.each([
  ['a leap day on a Monday', 'cron(0 0 ? 2 2#5 *)', '2026-11-21T09:14Z', 5],
  ['never again', 'cron(0 0 29 2 ? 1972-2024)', '2026-11-21T09:14Z', 5],
  ['a time that the zone always skips', 'cron(30 2 ? 3 SUN#2 *)', '2026-11-21T09:14Z', 5],
  ['every minute', 'cron(* * * * ? *)', '2026-11-21T09:14Z', 5],
])('%s is found in less than 50 ms', (_, expression, from, count) => {
  const zone = { timezone: 'America/New_York' };
  const schedule = parseSchedule(expression);
  // The best of five, in time of the processor: other programs share it.
  const tookMs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    nextTimes(schedule, { after: new Date(from), count, ...zone });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  expect(Math.min(...tookMs)).toBeLessThan(50);
});

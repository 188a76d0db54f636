import { expect, test } from 'vitest';
import { nextTimes, parseSchedule } from '#lib/jobs/schedule.ts';
import { toDeployedExpression } from '#lib/jobs/schedule-aligned.ts';

const divisors = (whole: number) =>
  Array.from({ length: whole - 1 }, (_, index) => index + 1).filter((n) => whole % n === 0);

test.each([
  ...divisors(60).map((n) => `rate(${n} ${n === 1 ? 'minute' : 'minutes'})`),
  ...divisors(24).map((n) => `rate(${n} ${n === 1 ? 'hour' : 'hours'})`),
  'rate(60 minutes)',
  'rate(120 minutes)',
  'rate(24 hours)',
  'rate(1 day)',
])('%s is deployed as a cron with the very same times', (expression) => {
  const schedule = parseSchedule(expression);
  const question = { after: new Date('2026-11-21T09:14:00Z'), count: 100 };
  const deployed = toDeployedExpression(schedule);
  expect(deployed).toMatch(/^cron/);
  expect(nextTimes(parseSchedule(deployed), question)).toEqual(nextTimes(schedule, question));
});

test.each(['rate(7 minutes)', 'rate(90 minutes)', 'rate(5 hours)', 'rate(2 days)'])(
  '%s is not deployed: EventBridge would count it from another moment than we',
  (expression) => {
    expect(() => toDeployedExpression(parseSchedule(expression))).toThrow(
      `"${expression}" cannot be deployed`,
    );
  },
);

test('a calendar is deployed as it is written', () => {
  expect(toDeployedExpression(parseSchedule('cron(0 9 ? * MON *)'))).toBe('cron(0 9 ? * MON *)');
});

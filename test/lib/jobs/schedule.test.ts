import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRate, type Schedule, slotAt } from '#lib/jobs/schedule.ts';

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(1 hour)', 3_600_000],
  ['rate(2 days)', 172_800_000],
] as [Schedule, number][])('%s is %d ms', (schedule, intervalMs) => {
  expect(parseRate(schedule)).toBe(intervalMs);
});

test.each([
  'rate(1 minutes)',
  'rate(5 minute)',
  'rate(0 minutes)',
  'rate(-1 hours)',
  'rate(1.5 hours)',
] as Schedule[])('%s is refused, as EventBridge refuses it', (schedule) => {
  expect(() => parseRate(schedule)).toThrow(schedule);
});

test('a slot is the same for every instant of its interval, and never later than it', () => {
  const instants = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, fc.integer({ min: 2, max: 90 }), (instant, minutes) => {
      const schedule: Schedule = `rate(${minutes} minutes)`;
      const slot = slotAt(schedule, instant);
      const ageMs = instant.getTime() - slot.getTime();
      expect(ageMs >= 0 && ageMs < parseRate(schedule)).toBe(true);
      expect(slotAt(schedule, slot)).toEqual(slot);
    }),
  );
});

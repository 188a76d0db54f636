import { expect, test } from 'vitest';
import { endOfQuiet } from '#lib/notifications/quiet-hours.ts';

const berlin = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' };

test.each([
  ['before midnight', '2026-11-21T21:30:00Z', berlin, '2026-11-22T06:00:00Z'],
  ['after midnight', '2026-11-22T02:00:00Z', berlin, '2026-11-22T06:00:00Z'],
  ['as they begin', '2026-11-21T21:00:00Z', berlin, '2026-11-22T06:00:00Z'],
  ['as they end', '2026-11-22T06:00:00Z', berlin, undefined],
  ['by day', '2026-11-22T12:00:00Z', berlin, undefined],
  ['within a day', '2026-11-22T12:30:00Z', { ...berlin, from: '13:00', to: '14:00' }, '2026-11-22T13:00:00Z'],
  ['the night that clocks go forward', '2026-03-28T22:00:00Z', berlin, '2026-03-29T05:00:00Z'],
  ['the night that clocks go back', '2026-10-24T21:00:00Z', berlin, '2026-10-25T06:00:00Z'],
  [
    'that end in the hour that is skipped',
    '2026-03-29T00:30:00Z',
    { ...berlin, to: '02:30' },
    '2026-03-29T01:00:00Z',
  ],
  [
    'that end in the hour that repeats: the first',
    '2026-10-24T23:00:00Z',
    { ...berlin, to: '02:30' },
    '2026-10-25T00:30:00Z',
  ],
  ['in the hour that repeats: not again', '2026-10-25T01:10:00Z', { ...berlin, to: '02:30' }, undefined],
  [
    'that begin in the hour that is skipped',
    '2026-03-29T01:00:00Z',
    { ...berlin, from: '02:30' },
    '2026-03-29T05:00:00Z',
  ],
])('quiet hours %s', (_, instant, quietHours, end) => {
  expect(endOfQuiet(quietHours, new Date(instant))).toEqual(end === undefined ? undefined : new Date(end));
});

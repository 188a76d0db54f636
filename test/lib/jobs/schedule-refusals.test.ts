import { expect, test } from 'vitest';
import { parseSchedule } from '#lib/jobs/schedule.ts';
import { assertTimezone } from '#lib/jobs/schedule-zone.ts';

const sixFields = 'expected six fields';
const oneQuestion = 'exactly one of day of month and day of week';

test.each([
  ['', 'expected rate(…), cron(…) or at(…)'],
  ['0 10 * * ? *', 'expected rate(…), cron(…) or at(…)'],
  ['every(5 minutes)', 'expected rate(…), cron(…) or at(…)'],
  ['rate(5 minutes', 'expected rate(…), cron(…) or at(…)'],
  [' rate(5 minutes)', 'expected rate(…), cron(…) or at(…)'],
  ['RATE(5 minutes)', 'expected rate(…), cron(…) or at(…)'],
  ['rate(1 minutes)', 'singular for 1'],
  ['rate(5 minute)', 'singular for 1'],
  ['rate(1 days)', 'singular for 1'],
  ['rate(0 minutes)', '1 or more'],
  ['rate(05 minutes)', 'without leading zeros'],
  ['rate(-1 hours)', 'expected a whole number'],
  ['rate(1.5 hours)', 'expected a whole number'],
  ['rate(5  minutes)', 'expected a whole number'],
  ['rate(5 seconds)', 'minutes, hours or days'],
  ['rate(2 weeks)', 'minutes, hours or days'],
  ['rate(99999 days)', 'longer than the calendar'],
  ['at(2026-11-21)', 'yyyy-mm-ddThh:mm:ss'],
  ['at(2026-11-21T09:00:00Z)', 'yyyy-mm-ddThh:mm:ss'],
  ['at(2026-11-21 09:00:00)', 'yyyy-mm-ddThh:mm:ss'],
  ['at(2026-02-29T09:00:00)', 'no such date or time'],
  ['at(2026-13-01T09:00:00)', 'no such date or time'],
  ['at(2026-11-21T24:00:00)', 'no such date or time'],
  ['at(2200-01-01T00:00:00)', 'year "2200" is not 1970 to 2199'],
  ['cron()', sixFields],
  ['cron(0 10 * * ?)', sixFields],
  ['cron(0 0 10 * * ? *)', sixFields],
  ['cron(0  10 * * ? *)', sixFields],
  ['cron( 0 10 * * ? *)', sixFields],
  ['cron(0 10 * * * *)', oneQuestion],
  ['cron(0 10 ? * ? *)', oneQuestion],
  ['cron(0 10 1 * MON *)', oneQuestion],
  ['cron(? 10 * * ? *)', 'minute "?" is not understood'],
  ['cron(0 ? * * ? *)', 'hour "?" is not understood'],
  ['cron(0 10 1,? * MON *)', oneQuestion],
  ['cron(60 10 * * ? *)', 'minute "60" is not 0 to 59'],
  ['cron(-1 10 * * ? *)', 'minute "-1" is not understood'],
  ['cron(0-60 10 * * ? *)', 'minute "60" is not 0 to 59'],
  ['cron(x 10 * * ? *)', 'minute "x" is not understood'],
  ['cron(1.5 10 * * ? *)', 'minute "1.5" is not understood'],
  ['cron(1, 10 * * ? *)', 'minute "" is not understood'],
  ['cron(1- 10 * * ? *)', 'minute "1-" is not understood'],
  ['cron(*-5 10 * * ? *)', 'minute "*-5" is not understood'],
  ['cron(*,5 10 * * ? *)', '"*" stands alone'],
  ['cron(0/0 10 * * ? *)', 'increment has to be 1 to 59'],
  ['cron(0/60 10 * * ? *)', 'increment has to be 1 to 59'],
  ['cron(/5 10 * * ? *)', 'minute "/5" is not understood'],
  ['cron(0/ 10 * * ? *)', 'minute "0/" is not understood'],
  ['cron(0/5/5 10 * * ? *)', 'minute "0/5/5" is not understood'],
  ['cron(0/x 10 * * ? *)', 'increment has to be 1 to 59'],
  ['cron(0 24 * * ? *)', 'hour "24" is not 0 to 23'],
  ['cron(0 0/24 * * ? *)', 'increment has to be 1 to 23'],
  ['cron(0 10 0 * ? *)', 'day of month "0" is not 1 to 31'],
  ['cron(0 10 32 * ? *)', 'day of month "32" is not 1 to 31'],
  ['cron(0 10 MON * ? *)', 'day of month "MON" is not 1 to 31'],
  ['cron(0 10 L-3 * ? *)', 'by themselves, ? L W'],
  ['cron(0 10 L,15 * ? *)', 'day of month "L" is not understood'],
  ['cron(0 10 32W * ? *)', 'day of month "32" is not 1 to 31'],
  ['cron(0 10 W * ? *)', 'day of month "W" is not understood'],
  ['cron(0 10 1W,15W * ? *)', 'day of month "1W" is not understood'],
  ['cron(0 10 1-5W * ? *)', 'day of month "1-5W" is not understood'],
  ['cron(0 10 * 0 ? *)', 'month "0" is not 1 to 12 or JAN to DEC'],
  ['cron(0 10 * 13 ? *)', 'month "13" is not 1 to 12 or JAN to DEC'],
  ['cron(0 10 * JANUARY ? *)', 'month "JANUARY" is not understood'],
  ['cron(0 10 * jan ? *)', 'month "jan" is not 1 to 12 or JAN to DEC'],
  ['cron(0 10 ? * 0 *)', 'day of week "0" is not 1 to 7 or SUN to SAT'],
  ['cron(0 10 ? * 8 *)', 'day of week "8" is not 1 to 7 or SUN to SAT'],
  ['cron(0 10 ? * mon *)', 'day of week "mon" is not 1 to 7 or SUN to SAT'],
  ['cron(0 10 ? * 2/2 *)', '"/" is not among its wildcards'],
  ['cron(0 10 ? * */2 *)', '"/" is not among its wildcards'],
  ['cron(0 10 ? * 6W *)', 'day of week "6W" is not understood'],
  ['cron(0 10 ? * 8L *)', 'day of week "8" is not 1 to 7'],
  ['cron(0 10 ? * 2L,6L *)', 'day of week "2L" is not understood'],
  ['cron(0 10 ? * 6#0 *)', 'after "#" comes 1 to 5'],
  ['cron(0 10 ? * 6#6 *)', 'after "#" comes 1 to 5'],
  ['cron(0 10 ? * 8#1 *)', 'day of week "8" is not 1 to 7'],
  ['cron(0 10 ? * 3#1,6#3 *)', 'day of week "3#1" is not understood'],
  ['cron(0 10 ? * #2 *)', 'day of week "#2" is not understood'],
  ['cron(0 10 * * ? 1969)', 'year "1969" is not 1970 to 2199'],
  ['cron(0 10 * * ? 2200)', 'year "2200" is not 1970 to 2199'],
  ['cron(0 10 * * ? 26)', 'year "26" is not 1970 to 2199'],
  ['cron(0 10 * * ? 2030-2026)', 'year "2030-2026" ends before it begins'],
  ['cron(0 10 30 2 ? *)', 'no such date exists'],
  ['cron(0 10 31 4,6,9,11 ? *)', 'no such date exists'],
  ['cron(0 10 29 2 ? 2027)', 'no such date exists'],
  ['cron(0 10 ? 2 1#5 2027)', 'no such date exists'],
])('%s is refused and told why', (expression, reason) => {
  expect(() => parseSchedule(expression)).toThrow(`invalid schedule "${expression}": `);
  expect(() => parseSchedule(expression)).toThrow(reason);
});

test.each([
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Calcutta',
  'Etc/GMT+5',
  'America/Argentina/Ushuaia',
])('%s is a time zone', (timezone) => {
  expect(() => assertTimezone(timezone)).not.toThrow();
});

test.each(['', 'Europe/Bielefeld', '+01:00', 'Berlin', 'UTC+1', 'Mars/Olympus'])(
  '"%s" is not an IANA time zone',
  (timezone) => {
    expect(() => assertTimezone(timezone)).toThrow(`"${timezone}" is not an IANA time zone`);
  },
);

test('a time zone in the wrong case is told its spelling, for AWS would refuse it', () => {
  expect(() => assertTimezone('europe/berlin')).toThrow('it is spelled Europe/Berlin');
});

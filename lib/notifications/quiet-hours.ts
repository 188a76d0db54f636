import { nextTimes, parseSchedule, previousTime, type ZoneOptions } from '#lib/jobs/schedule.ts';
import type { QuietHours } from './schemas.ts';

/** When the quiet hours end in which an instant lies; undefined when it lies in none. The night on which clocks change has them, too. */
export function endOfQuiet({ from, to, timezone }: QuietHours, at: Date): Date | undefined {
  const zone: ZoneOptions = { timezone, dst: { gap: 'after', overlap: 'once' } };
  const [begun, ended] = [from, to].map((time) => previousTime(daily(time), { ...zone, atOrBefore: at }));
  if (!begun || (ended && ended >= begun)) return undefined;
  return nextTimes(daily(to), { ...zone, after: at, count: 1 })[0];
}

function daily(time: string) {
  const [hour, minute] = time.split(':').map(Number);
  return parseSchedule(`cron(${minute} ${hour} * * ? *)`);
}

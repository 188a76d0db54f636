type Unit = 'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days';

/** An EventBridge rate expression; AWS wants the singular for 1 and the plural for the rest. */
export type Schedule = `rate(${number} ${Unit})`;

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The length of the interval in ms; throws on anything that EventBridge would refuse. */
export function parseRate(schedule: Schedule): number {
  const [, digits, unit, plural] = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(schedule) ?? [];
  const value = Number(digits);
  if (!unit || (value === 1) !== (plural === '')) throw new Error(`invalid rate expression: ${schedule}`);
  return value * unitMs[unit as keyof typeof unitMs];
}

/** The latest slot at or before an instant: slots are whole intervals since 1970, the same on every machine. */
export function slotAt(schedule: Schedule, instant: Date): Date {
  const intervalMs = parseRate(schedule);
  return new Date(Math.floor(instant.getTime() / intervalMs) * intervalMs);
}

const [secondMs, minuteMs, hourMs] = [1000, 60_000, 3_600_000];

// Building one takes 50 us, asking it 10.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
    formats.set(timezone, format);
  }
  return format;
}

/** Throws unless the name is one of the IANA database, spelled as there; an offset such as +01:00 is none. */
export function assertTimezone(timezone: string): void {
  let resolved: string | undefined;
  try {
    if (/^[A-Za-z]/.test(timezone)) resolved = formatOf(timezone).resolvedOptions().timeZone;
  } catch (error) {
    // What Intl throws for a name it does not know.
    if (!(error instanceof RangeError)) throw error;
  }
  if (resolved === undefined) throw new Error(`"${timezone}" is not an IANA time zone such as Europe/Berlin`);
  // Intl ignores case and AWS does not. Of an alias it tells the main name, of which nothing follows.
  if (resolved !== timezone && resolved.toLowerCase() === timezone.toLowerCase())
    throw new Error(`"${timezone}" is not an IANA time zone: it is spelled ${resolved}`);
}

/** Local time minus UTC at an instant, both in ms. */
export function offsetAt(timezone: string, instantMs: number): number {
  if (timezone === 'UTC') return 0;
  const [, sign, hours, minutes, seconds] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatOf(timezone).format(instantMs)) ?? [];
  if (!sign) return 0;
  const ms = Number(hours) * hourMs + Number(minutes) * minuteMs + Number(seconds ?? 0) * secondMs;
  return sign === '-' ? -ms : ms;
}

/** The only change of offset between two instants, in whole seconds, with different ones: the first with the later one. */
export function changeBetween(timezone: string, beforeMs: number, afterMs: number): number {
  const offsetAfter = offsetAt(timezone, afterMs);
  let [before, after] = [beforeMs, afterMs];
  while (after - before > secondMs) {
    const middle = Math.floor((before + after) / 2 / secondMs) * secondMs;
    if (offsetAt(timezone, middle) === offsetAfter) after = middle;
    else before = middle;
  }
  return after;
}

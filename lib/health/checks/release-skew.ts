import type { Check } from '#lib/health/check.ts';
import { releaseKey, releaseSlotMs } from '#lib/observability/note-release.ts';
import { defineScript, runScript } from '#lib/redis/run-script.ts';

// A deployment of less than five minutes touches two slots at most, so three of them are no deployment any more.
const slots = 3;

const fieldsScript = defineScript(`
local reply = {}
for _, key in ipairs(KEYS) do
  local fields = redis.call('HKEYS', key)
  reply[#reply + 1] = tostring(#fields)
  for _, field in ipairs(fields) do reply[#reply + 1] = field end
end
return reply
`);

/** How many releases have served requests side by side for the last quarter of an hour: a deployment that was not finished. */
export const releaseSkew: Check = {
  name: 'release:skew',
  isCritical: false,
  async observe(now) {
    const current = Math.floor(now.getTime() / releaseSlotMs);
    const keys = Array.from({ length: slots }, (_, index) => releaseKey(current - 1 - index));
    const bySlot = readSlots(await runScript<string[]>(fieldsScript, keys, []));
    const value = Math.min(...bySlot.map((releases) => releases.size));
    if (value < 2) return { status: 'pass', value: Math.max(value, 1), unit: 'releases' };
    const output = [...(bySlot[0] ?? [])]
      .map(([release, functions]) => describe(release, functions))
      .join('; ');
    return { status: 'fail', value, unit: 'releases', output };
  },
};

function readSlots(reply: readonly string[]): Map<string, string[]>[] {
  const rest = [...reply];
  const bySlot: Map<string, string[]>[] = [];
  while (rest.length > 0) {
    const fields = rest.splice(1, Number(rest[0]));
    rest.shift();
    const byRelease = Map.groupBy(fields, (field) => field.slice(0, field.lastIndexOf(' ')));
    bySlot.push(byRelease);
  }
  return bySlot;
}

function describe(release: string, functions: readonly string[]): string {
  const names = functions.map((field) => field.slice(release.length + 1)).sort();
  const shown = names.length > 3 ? `${names.length} functions` : names.join(', ');
  return `${release}: ${shown}`;
}

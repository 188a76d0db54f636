import { getFunctionName } from '#lib/config/function-name.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { addIncrement } from './increments.ts';

export const releaseSlotMs = 5 * 60_000;

let notedSlot: number | undefined;

/** Has the fleet know which release this function runs: once an instance and five minutes, with the next gate call. */
export function noteRelease(): void {
  const slot = Math.floor(Date.now() / releaseSlotMs);
  if (slot === notedSlot) return;
  notedSlot = slot;
  addIncrement(releaseKey(slot), `${getConfig().RELEASE} ${getFunctionName()}`, 1);
}

/** The Redis hash in which a slot of five minutes notes `release function`. */
export function releaseKey(slot: number): string {
  return `releases:${slot}`;
}

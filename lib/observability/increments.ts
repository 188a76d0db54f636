/** Redis forgets a hash of measurements this long after its last increment, folded into PostgreSQL or not. */
export const incrementsLiveMs = 2 * 60 * 60 * 1000;

// Bounds the memory while Redis is away.
const maxFields = 500;
/** What one request brings along: it must not be late for what an outage has piled up. */
export const fieldsPerRequest = 50;

/** Redis hash -> field -> by how much it grows. */
export type Increments = Map<string, Map<string, number>>;

let pending: Increments = new Map();
let pendingFields = 0;

/** Has the next gate call of this instance add to a field of a Redis hash; while Redis is away, what exceeds 500 fields is lost. */
export function addIncrement(key: string, field: string, by: number): void {
  const fields = pending.get(key);
  const counted = fields?.get(field);
  if (counted === undefined && pendingFields >= maxFields) return;
  if (counted === undefined) pendingFields++;
  if (fields) fields.set(field, (counted ?? 0) + by);
  else pending.set(key, new Map([[field, by]]));
}

/**
 * The increments to send, at most so many fields, which are then forgotten here. The hash that was begun first is sent last: it names
 * the others, and whoever reads it must not miss what of them is still here.
 */
export function takeIncrements(atMost = maxFields): Increments {
  if (pendingFields <= atMost) {
    const all = pending;
    pending = new Map();
    pendingFields = 0;
    return all;
  }
  const taken: Increments = new Map();
  const fields = [...pending]
    .reverse()
    .flatMap(([key, counts]) => [...counts].map(([field, by]) => ({ key, field, by })));
  for (const { key, field, by } of fields.slice(0, atMost)) {
    taken.set(key, (taken.get(key) ?? new Map()).set(field, by));
    const left = pending.get(key);
    left?.delete(field);
    if (left?.size === 0) pending.delete(key);
    pendingFields--;
  }
  return taken;
}

/** Keeps for the next gate call what this one could not send. */
export function returnIncrements(increments: Increments): void {
  for (const [key, fields] of increments) for (const [field, by] of fields) addIncrement(key, field, by);
}

// No parameter is longer; the rest of an endless name is not worth comparing.
const comparedLength = 64;

/** The name that the fewest typing errors turn into `name`; case does not count. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  return distances.sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

function editDistance(from: string, to: string): number {
  const target = to.toLowerCase();
  let row = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (const character of from.slice(0, comparedLength).toLowerCase()) {
    const next = [(row[0] ?? 0) + 1];
    for (let column = 1; column <= target.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (character === target[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

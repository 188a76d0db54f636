/** Operations that refuse nothing but too many requests. */
const neverRefuses: Record<string, string> = {
  getJwks: 'has no parameter and no body, and everybody may call it',
  getDocs: 'has no parameter and no body, and everybody may call it',
  getOpenapi: 'has no parameter and no body, and everybody may call it',
  getHealth: 'has no parameter and no body, and everybody may call it',
  getLiveness: 'has no parameter and no body, and everybody may call it',
  getReadiness: 'has no parameter and no body, and everybody may call it',
};

/** Counts answers by operation and status. */
export function createTally() {
  const counts = new Map<string, Map<number, number>>();
  const sum = (id: string, isMeant: (status: number) => boolean) =>
    [...(counts.get(id) ?? [])].filter(([status]) => isMeant(status)).reduce((total, [, n]) => total + n, 0);
  return {
    count(id: string, status: number): void {
      const ofOperation = counts.get(id) ?? new Map<number, number>();
      counts.set(id, ofOperation.set(status, (ofOperation.get(status) ?? 0) + 1));
    },
    total: () => [...counts.keys()].reduce((all, id) => all + sum(id, () => true), 0),
    /** The operations that only ever succeeded, or only ever refused. */
    oneSided(ids: readonly string[]): string[] {
      return ids.flatMap((id) => [
        ...(sum(id, (status) => status < 400) === 0 ? [`${id} never succeeded`] : []),
        ...(sum(id, (status) => status >= 400) === 0 && !neverRefuses[id] ? [`${id} never refused`] : []),
      ]);
    },
    print(seed: number): string {
      const statuses = [...new Set([...counts.values()].flatMap((byStatus) => [...byStatus.keys()]))].sort();
      const row = (name: string, cells: readonly unknown[]) =>
        name.padEnd(26) + cells.map((cell) => String(cell).padStart(6)).join('');
      const total = (isMeant: (status: number) => boolean) =>
        [...counts.keys()].reduce((all, id) => all + sum(id, isMeant), 0);
      return [
        row('', statuses),
        ...[...counts].sort().map(([id, by]) =>
          row(
            id,
            statuses.map((status) => by.get(status) ?? '.'),
          ),
        ),
        row(
          'all',
          statuses.map((status) => total((other) => other === status)),
        ),
        `seed ${seed}: ${total(() => true)} requests to ${counts.size} operations, ${total((status) => status < 400)} succeeded`,
      ].join('\n');
    },
  };
}

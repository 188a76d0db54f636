type Work = () => PromiseLike<unknown>;

export interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** How long each piece of work takes in ms; run in turn, so that all of them see the same machine. */
export async function timeInTurn(works: readonly Work[], runs: number, warmUps = 3): Promise<Times[]> {
  const times = works.map(() => [] as number[]);
  for (let run = -warmUps; run < runs; run++)
    for (const [index, work] of works.entries()) {
      const before = performance.now();
      await work();
      if (run >= 0) times[index]?.push(performance.now() - before);
    }
  return times.map(percentiles);
}

export function percentiles(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

export async function median(work: Work, runs: number, warmUps?: number): Promise<number> {
  const [times] = await timeInTurn([work], runs, warmUps);
  return times?.p50 ?? 0;
}

export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const format = (cell: string | number) => (typeof cell === 'number' ? cell.toFixed(2) : cell);
  console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`);
  for (const row of rows) console.log(`| ${row.map(format).join(' | ')} |`);
  console.log();
}

import type { Context } from '#lib/context.ts';
import { countProjects } from '#lib/projects/count-projects.ts';
import { type ProjectFilter, projectStatuses } from '#lib/projects/schemas.ts';
import { printTable } from './measure.ts';

// The planner looks at 30,000 rows, and hardly sees what is rarer.
const leastCount = 10_000;

/** What `count=estimated` says is within 10 % of what there is, unless that is little. Returns where it is not. */
export async function checkEstimates(ctx: Context): Promise<string[]> {
  const filters: ProjectFilter[] = [{}, ...projectStatuses.map((status) => ({ status }))];
  const wrong: string[] = [];
  const lines = [];
  for (const filter of filters) {
    const [exact, estimated] = [
      await countProjects(ctx, filter, 'exact'),
      await countProjects(ctx, filter, 'estimated'),
    ];
    const percent = (100 * (estimated - exact)) / exact;
    const name = JSON.stringify(filter);
    lines.push([name, String(exact), String(estimated), `${percent.toFixed(1)} %`]);
    if (exact >= leastCount && Math.abs(percent) > 10)
      wrong.push(`the estimate for ${name} is off by ${percent.toFixed(1)} %`);
  }
  printTable(['filter', 'exact', 'estimated', 'off by'], lines);
  return wrong;
}

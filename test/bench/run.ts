import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// `npm run bench -- <name>` runs test/bench/<name>.bench.ts, `npm run bench` all of them.
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const [wanted] = process.argv.slice(2);
if (wanted && !existsSync(join(import.meta.dirname, `${wanted}.bench.ts`))) {
  console.error(`There is no benchmark "${wanted}"; there are ${names.join(', ')}`);
  process.exit(1);
}
for (const name of wanted ? [wanted] : names) {
  console.log(`\n# ${name}\n`);
  await import(`./${name}.bench.ts`);
}

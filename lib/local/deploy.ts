import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stageOf } from '#lib/config/stage-of.ts';
import { describeRelease, listSteps, refusalOf, withoutEmpty } from '#lib/template/deploy-plan.ts';

const root = join(import.meta.dirname, '../..');

const { stage } = parseArgs({ options: { stage: { type: 'string' } } }).values;
if (!stage || stage === 'local' || !stageOf(stage)) {
  console.error('Usage: npm run deploy -- --stage <test|dev|staging|prod|preview-1>');
  process.exit(64);
}
process.exit(deploy(stage));

/** The exit code of the first step that fails, or 0. */
function deploy(stage: string): number {
  const checkout = {
    commit: git('rev-parse', 'HEAD'),
    release: git('describe', '--tags', '--always'),
    isChanged: git('status', '--porcelain') !== '',
  };
  const refusal = refusalOf(stage, checkout);
  if (refusal) {
    console.error(refusal);
    return 1;
  }
  const env = { ...withoutEmpty(process.env), ...describeRelease(checkout, new Date()) };
  for (const { what, command } of listSteps(stage)) {
    console.log(`\n${stage}: ${what}`);
    const [program = '', ...options] = command;
    const { status, error } = spawnSync(program, options, { cwd: root, env, stdio: 'inherit' });
    if (error) throw error;
    if (status === 0) continue;
    console.error(`\nFailed: ${what}. What runs is what ran before; see docs/deployment.md.`);
    return status ?? 1;
  }
  return 0;
}

function git(...options: string[]): string {
  return execFileSync('git', options, { cwd: root, encoding: 'utf8' }).trim();
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderAffectedEndpoints } from '#lib/generate/affected-endpoints.ts';
import { renderAlarms } from '#lib/generate/alarms-yaml.ts';
import { renderClientOperations } from '#lib/generate/client-operations.ts';
import { renderConfigurationDocs } from '#lib/generate/configuration-docs.ts';
import { renderDashboard } from '#lib/generate/dashboard.ts';
import {
  renderEnvExample,
  renderEnvironment,
  renderJobPermissions,
  renderJobSecrets,
  renderMigrationPermissions,
  renderMigrationSecrets,
  renderPermissions,
  renderSecrets,
} from '#lib/generate/environment.ts';
import { functionNamesOf, renderFunctions } from '#lib/generate/functions-yaml.ts';
import { renderKnownJobs } from '#lib/generate/known-jobs.ts';
import { renderKnownMigrations } from '#lib/generate/known-migrations.ts';
import { renderKnownTables } from '#lib/generate/known-tables.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { renderRegistry, renderRouter } from '#lib/generate/modules.ts';
import { renderOpenApi } from '#lib/generate/openapi.ts';
import { renderOperationFacts } from '#lib/generate/operation-facts.ts';
import { renderPasswordBlocklist } from '#lib/generate/password-blocklist.ts';
import { renderRouteTable } from '#lib/generate/route-table.ts';
import { renderSchedules } from '#lib/generate/schedules-yaml.ts';
import { divide, type Unit } from '#lib/generate/units.ts';

/** Hot paths have a Lambda each, with metrics and concurrency of their own; what is rarely called shares one. */
const units: Record<string, Unit> = {
  'api-keys': 'area',
  audit: 'endpoint',
  auth: { alone: ['login', 'refreshSession', 'getCurrentUser'] },
  docs: 'area',
  health: 'endpoint',
  'job-control': 'area',
  jobs: 'endpoint',
  monitoring: 'area',
  notifications: 'area',
  operations: 'endpoint',
  organizations: 'area',
  projects: 'endpoint',
};

const root = join(import.meta.dirname, '..');

/** Every generated file with its content, by path from the root. */
export async function generateFiles(): Promise<Map<string, string>> {
  const { endpoints, jobs, tasks } = await loadOperations();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const openapi = renderOpenApi(endpoints, version);
  const files = new Map([
    ['functions/README.md', renderRouteTable(endpoints, jobs, tasks)],
    ['functions/docs/openapi.json', openapi],
    ['lib/client/src/generated/operations.ts', renderClientOperations(openapi)],
    ['lib/config/environment.yml', renderEnvironment()],
    ['lib/config/secrets.yml', renderSecrets()],
    ['lib/config/migration-secrets.yml', renderMigrationSecrets()],
    ['lib/config/migration-permissions.yml', renderMigrationPermissions()],
    ['lib/config/permissions.yml', renderPermissions()],
    ['lib/config/job-secrets.yml', renderJobSecrets()],
    ['lib/config/job-permissions.yml', renderJobPermissions()],
    ['docs/configuration.md', renderConfigurationDocs()],
    ['.env.example', renderEnvExample()],
    ['lib/accounts/password-blocklist.txt', renderPasswordBlocklist()],
    ['lib/health/affected-endpoints.ts', renderAffectedEndpoints(endpoints)],
    ['lib/backup/known-tables.ts', renderKnownTables()],
    ['lib/health/known-migrations.ts', renderKnownMigrations()],
    ['lib/jobs/known-jobs.ts', renderKnownJobs(jobs)],
  ]);
  const inArea = <T extends { area: string }>(operations: readonly T[], area: string) =>
    operations.filter((operation) => operation.area === area);
  for (const area of new Set([...endpoints, ...jobs, ...tasks].map((operation) => operation.area))) {
    const unit = units[area];
    if (!unit) throw new Error(`functions/generate.ts does not say how the area "${area}" is deployed`);
    const division = divide(unit, inArea(endpoints, area));
    const { routed } = division;
    files.set(
      `functions/${area}/functions.yml`,
      renderFunctions(area, division, inArea(jobs, area), inArea(tasks, area)),
    );
    if (inArea(jobs, area).length > 0)
      files.set(`functions/${area}/registry.ts`, renderRegistry(inArea(jobs, area)));
    if (routed.length > 0) files.set(`functions/${area}/router.ts`, renderRouter(routed));
  }
  files.set('functions/schedules.yml', renderSchedules(jobs));
  const watched = { endpoints, jobs, functionNames: functionNamesOf(files) };
  files.set('functions/alarms.yml', renderAlarms(watched));
  files.set('functions/dashboard.yml', renderDashboard(watched));
  files.set('functions/monitoring/operations.json', renderOperationFacts(endpoints, jobs, files));
  return files;
}

/** Paths whose content on disk is not what the handlers say. */
export function findStale(files: Map<string, string>): string[] {
  return [...files]
    .filter(
      ([path, content]) =>
        !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content,
    )
    .map(([path]) => path);
}

if (import.meta.main) {
  const files = await generateFiles();
  const stale = findStale(files);
  if (process.argv.includes('--check')) {
    if (stale.length > 0) console.error(`Stale: ${stale.join(', ')}. Run npm run generate and commit.`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const path of stale) writeFileSync(join(root, path), files.get(path) ?? '');
    console.log(stale.length > 0 ? `Wrote ${stale.join(', ')}` : 'Everything is up to date');
  }
}

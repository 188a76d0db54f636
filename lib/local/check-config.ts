import { readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import { type ConfigFindings, findConfigProblems } from './find-config-problems.ts';

// EX_CONFIG and EX_TEMPFAIL of sysexits.h.
const unusable = 78;
const unknown = 75;

const secretsLine: Record<ConfigFindings['secrets'], string> = {
  checked: 'The secrets in SSM are looked at, too.',
  local: '`npm start` brings its own secrets where none are set.',
  'no credentials':
    'The secrets in SSM are not looked at: there are no AWS credentials in the environment (aws configure export-credentials --format env).',
  denied: 'The secrets in SSM are not looked at: these AWS credentials may not read them.',
  'no answer': 'The secrets in SSM could not be looked at',
};

const { values } = parseArgs({
  options: { stage: { type: 'string', default: 'local' }, 'env-file': { type: 'string' } },
});
const file = values['env-file'];
// As with `node --env-file`, what is set counts before the file.
const environment = { ...(file !== undefined && parseEnv(readFileSync(file, 'utf8'))), ...process.env };
// As in serverless.yml; credentials are read from the environment of this process.
Object.assign(process.env, environment, { AWS_REGION: environment.AWS_REGION || 'eu-central-1' });

const { problems, secrets, reason } = await findConfigProblems(values.stage, environment);
for (const { key, rule, remedy } of problems) console.error(`${key} ${rule}\n    ${remedy}`);
const count =
  problems.length === 0 ? 'no problem' : `${problems.length} problem${problems.length > 1 ? 's' : ''}`;
console.log(`${values.stage}: ${count}. ${secretsLine[secrets]}${reason === undefined ? '' : `: ${reason}`}`);
if (problems.length > 0) process.exitCode = unusable;
else if (secrets === 'no answer') process.exitCode = unknown;

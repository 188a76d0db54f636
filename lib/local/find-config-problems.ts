import { AwsIdentityError } from '#lib/config/aws-environment.ts';
import { ConfigError, type ConfigProblem, parseConfig } from '#lib/config/parse-config.ts';
import { parameterNameOf } from '#lib/config/secret-references.ts';
import { stageOf } from '#lib/config/stage-of.ts';
import { listSettings } from '#lib/generate/list-settings.ts';
import { getParameters, ParameterError } from '#lib/outbound/get-parameters.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Of a setting, or of what else the environment of a deployment says. */
type Problem = Omit<ConfigProblem, 'key'> & { readonly key: string };

export interface ConfigFindings {
  readonly problems: readonly (Problem & { readonly remedy: string })[];
  /** Whether the secrets were looked at, or why not all of them. */
  readonly secrets: 'checked' | 'local' | 'no credentials' | 'denied' | 'no answer';
  /** What came in place of an answer. */
  readonly reason?: string;
}

const secretKeys: readonly string[] = listSettings()
  .filter(({ isSecret }) => isSecret)
  .map(({ key }) => key);

const databaseKeys = [
  'DATABASE_URL',
  'DATABASE_REPLICA_URL',
  'DATABASE_MIGRATION_URL',
  'BACKUP_DRILL_URL',
] as const;

/**
 * Everything that is wrong with the settings of a stage, if it were deployed from this environment, or started in it: with where to set it.
 * Secrets are asked of SSM where the environment has AWS credentials; the rest is looked at without them, too.
 */
export async function findConfigProblems(stage: string, environment: Environment): Promise<ConfigFindings> {
  const { values, ...found } = await readSecrets(stage, environment);
  const settings: Environment = { ...environment, ...values, PLINTH_STAGE: stageOf(stage) ?? stage };
  // A deploy without an address of its own takes that of the API.
  if (stage !== 'local' && !settings.PUBLIC_URL)
    Object.assign(settings, { PUBLIC_URL: 'https://api.invalid' });
  const problems = [...problemsOf(settings), ...(stage === 'local' ? [] : domainProblemsOf(environment))]
    .filter(({ key, isMissing }) => found.secrets === 'checked' || !isMissing || !secretKeys.includes(key))
    .map((problem) => ({ ...problem, remedy: remedyOf(problem, stage) }));
  return { problems, ...found };
}

async function readSecrets(
  stage: string,
  environment: Environment,
): Promise<Omit<ConfigFindings, 'problems'> & { readonly values: Environment }> {
  if (stage === 'local') return { secrets: 'local', values: {} };
  // What the deploying environment has of them is not what functions get.
  const none = Object.fromEntries(secretKeys.map((key) => [key, undefined]));
  if (!environment.AWS_ACCESS_KEY_ID) return { secrets: 'no credentials', values: none };
  try {
    const values = await getParameters(secretKeys.map((key) => parameterNameOf(stage, key)));
    const found = secretKeys.map((key) => [key, values.get(parameterNameOf(stage, key))]);
    return { secrets: 'checked', values: Object.fromEntries(found) };
  } catch (error) {
    if (!(error instanceof ParameterError || error instanceof AwsIdentityError)) throw error;
    // Who deploys need not be allowed to read secrets.
    if ('type' in error && error.type === 'AccessDeniedException') return { secrets: 'denied', values: none };
    // A network without a way to SSM, credentials that have expired, half of them: all it says is that nothing is known.
    return { secrets: 'no answer', reason: error.message, values: none };
  }
}

function problemsOf(settings: Environment): readonly ConfigProblem[] {
  const unreadable = databaseKeys
    .filter((key) => !isReadableUrl(settings[key]))
    .map((key) => ({
      key,
      rule: 'is no URL: write / # ? % of the password as %2F %23 %3F %25',
      isMissing: false,
    }));
  try {
    const { BACKUP_URL, BACKUP_KEY } = parseConfig(settings);
    // No rule of a stage: only jobs get the key, and every function is told where backups are.
    if (BACKUP_URL === '' || BACKUP_KEY !== '') return unreadable;
    return [...unreadable, { key: 'BACKUP_KEY', rule: 'is missing, as BACKUP_URL is set', isMissing: true }];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const others = error.problems.filter(({ key }) => !unreadable.some((one) => one.key === key));
    return [...unreadable, ...others];
  }
}

/** No settings of a function: with a domain the template switches off the address that PUBLIC_URL would be. */
function domainProblemsOf(environment: Environment): Problem[] {
  if (!environment.DOMAIN_NAME) return [];
  return ['PUBLIC_URL', 'CERTIFICATE_ARN']
    .filter((key) => !environment[key])
    .map((key) => ({ key, rule: 'is missing, as DOMAIN_NAME is set', isMissing: true }));
}

/** Whether the driver can take the address apart; several hosts, which a URL has not, count as their first. */
function isReadableUrl(text = ''): boolean {
  if (!/^postgres(ql)?:\/\//.test(text)) return true;
  try {
    const { username, password } = new URL(text.replace(/([@/][^@/?,]*),[^@/?]*(?=[/?]|$)/, '$1'));
    decodeURIComponent(username + password);
    return true;
  } catch {
    // Neither a URL, nor one whose signs can be decoded. What is thrown quotes all of it.
    return false;
  }
}

function remedyOf({ key, isMissing }: Problem, stage: string): string {
  if (stage === 'local') return `set ${key} in .env or in the environment`;
  if (key === 'PLINTH_STAGE') return 'name one of them with --stage';
  if (!secretKeys.includes(key)) return `set ${key} in the environment of the deploy`;
  const value = ['AUTH_SECRET', 'BACKUP_KEY'].includes(key)
    ? `"$(openssl rand -base64 32 | tr '+/' '-_' | tr -d =)"`
    : `'…'`;
  const overwrite = isMissing ? '' : ' --overwrite';
  return `aws ssm put-parameter --type SecureString --name ${parameterNameOf(stage, key)}${overwrite} --value ${value}`;
}

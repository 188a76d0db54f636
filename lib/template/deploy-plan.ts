interface Checkout {
  readonly commit: string;
  /** The tag, where there is one, else the short commit. */
  readonly release: string;
  readonly isChanged: boolean;
}

interface Step {
  readonly what: string;
  /** A script of package.json, or one of node_modules/.bin. */
  readonly command: readonly string[];
}

// What runs there has to be what a commit says: only so can it be deployed again, or rolled back to.
const fromCommitsOnly = ['staging', 'prod'];

/** What a deployment does, in order; each step only when the one before it has succeeded. */
export function listSteps(stage: string): Step[] {
  return [
    {
      what: 'check the configuration',
      command: ['npm', 'run', '--silent', 'config:check', '--', '--stage', stage],
    },
    { what: 'build and check', command: ['npm', 'run', '--silent', 'package', '--', '--stage', stage] },
    {
      // CloudFormation migrates the database before it updates the other functions: migration.yml.
      what: 'migrate and deploy',
      command: ['serverless', 'deploy', '--package', '.serverless', '--stage', stage],
    },
  ];
}

/** Why this checkout is not deployed there; undefined when it is. */
export function refusalOf(stage: string, { isChanged }: Checkout): string | undefined {
  return isChanged && fromCommitsOnly.includes(stage)
    ? `There are changes that are not committed: ${stage} gets what a commit says.`
    : undefined;
}

/** The settings of a deployment: an empty one is not set, as for the functions. To Serverless it would be a value, in place of the default. */
export function withoutEmpty(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''));
}

/** What the functions say about the release that they are. */
export function describeRelease(
  { commit, release, isChanged }: Checkout,
  builtAt: Date,
): Record<string, string> {
  const mark = isChanged ? '-changed' : '';
  return { COMMIT: commit + mark, RELEASE: release + mark, BUILT_AT: builtAt.toISOString() };
}

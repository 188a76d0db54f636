// In the environment of a deployed function, instead of a secret: its name in SSM Parameter Store.
const scheme = 'ssm:';

/** Whether a setting is given by the name of its parameter. */
export function isReference(text: string | undefined): boolean {
  return text?.startsWith(scheme) === true;
}

/** The settings that an environment gives by name, with the names of their parameters. */
export function findReferences(environment: Record<string, string | undefined>): Map<string, string> {
  const references = Object.entries(environment).filter(([, text]) => isReference(text));
  return new Map(references.map(([key, text]) => [key, String(text).slice(scheme.length)]));
}

/** Where a stage keeps a secret in SSM Parameter Store. */
export function parameterNameOf(stage: string, key: string): string {
  return `/plinth/${stage}/${key}`;
}

/** What stands in the environment for the parameter of a secret. */
export function referenceTo(stage: string, key: string): string {
  return scheme + parameterNameOf(stage, key);
}

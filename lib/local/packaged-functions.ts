import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isReference } from '#lib/config/secret-references.ts';
import type { FunctionSpec } from './function-instance.ts';
import { LocalSetupError } from './local-setup-error.ts';

export interface PackagedFunction extends FunctionSpec {
  readonly zip: string;
  /** As API Gateway names them: `GET /api/v1/projects/{id}`. */
  readonly routeKeys: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation; what is read of it is what Serverless writes.
type Resource = { readonly Type: string; readonly Properties: any };
type Resources = Readonly<Record<string, Resource>>;

const folder = join(import.meta.dirname, '../../.serverless');
const template = join(folder, 'cloudformation-template-update-stack.json');

/**
 * The functions that `npm run package` made and their routes, read off the compiled template: what is deployed. A secret, which is a
 * name there, and any other that this process has in its environment, has the value of this process; a setting that the template does not
 * hand to a function is kept from it here as well.
 */
export function readPackagedFunctions(): PackagedFunction[] {
  if (!existsSync(template))
    throw new LocalSetupError('There are no packaged functions: npm run package makes them.');
  const { Resources: resources } = JSON.parse(readFileSync(template, 'utf8')) as { Resources: Resources };
  const routes = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties: { RouteKey, Target } }) => ({
      routeKey: String(RouteKey),
      target: findFunction(Target, resources),
    }));
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
    .map(([logicalId, { Properties }]) => {
      const zip = basename(Properties.Code.S3Key);
      return {
        id: basename(zip, '.zip'),
        handler: Properties.Handler,
        timeoutSeconds: Properties.Timeout,
        memoryMb: Properties.MemorySize,
        environment: resolve(Properties.Environment?.Variables ?? {}),
        zip: join(folder, zip),
        routeKeys: routes.filter(({ target }) => target === logicalId).map(({ routeKey }) => routeKey),
      };
    });
}

/** The function that a value of the template leads to, over integrations and aliases. */
function findFunction(value: unknown, resources: Resources): string | undefined {
  for (const name of referencesIn(value)) {
    const resource = resources[name];
    if (resource?.Type === 'AWS::Lambda::Function') return name;
    const { IntegrationUri, FunctionName } = resource?.Properties ?? {};
    const found = findFunction(IntegrationUri ?? FunctionName, resources);
    if (found) return found;
  }
  return undefined;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [inner];
    return key === 'Fn::GetAtt' ? [inner[0]] : referencesIn(inner);
  });
}

function resolve(variables: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(variables).map(([name, value]) => {
    const literal = typeof value === 'string' && !isReference(value) ? value : '';
    return [name, process.env[name] ?? literal] as const;
  });
  return Object.fromEntries(entries);
}

import { existsSync } from 'node:fs';

/** What a process runs in. */
export type Host = 'lambda' | 'gateway' | 'test' | 'container' | 'process';

/**
 * Where this process runs: as a Lambda function, behind the local gateway, in a test, in a container, or as a process of a laptop or a
 * server. Asked anew each time, as the gateway gives its functions the environment that Lambda would.
 */
export function getHost(environment: Record<string, string | undefined> = process.env): Host {
  if (environment.IS_OFFLINE === 'true') return 'gateway';
  if (environment.AWS_LAMBDA_FUNCTION_NAME) return 'lambda';
  if (environment.VITEST) return 'test';
  const isContainer = environment.KUBERNETES_SERVICE_HOST || environment.ECS_CONTAINER_METADATA_URI_V4;
  return isContainer || ['/.dockerenv', '/run/.containerenv'].some(existsSync) ? 'container' : 'process';
}

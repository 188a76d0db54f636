import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the generator found out about an endpoint: what a bundle of another function cannot know. */
export interface EndpointFacts {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** As the role matrix says it; `permission` when one is needed. */
  readonly access: string;
  readonly permission?: string;
  readonly rateLimit: string;
  /** Requests in the window of the limit. */
  readonly limit: number;
  readonly timeoutSeconds: number;
  readonly responseStatus: number;
  readonly hasResponseSchema: boolean;
  readonly hasBodySchema: boolean;
  readonly errorCodes: readonly string[];
  /** The id that the OpenAPI document has for the route; absent where it has none. */
  readonly openapiId?: string;
  /** How often the fragments of serverless.yml have its event. */
  readonly events: number;
  /** Whether its file in events/ is there and names its route. */
  readonly hasEventFile: boolean;
  /** Whether the template has alarms for its failures and its latency. */
  readonly hasAlarm: boolean;
}

export interface JobFacts {
  readonly id: string;
  readonly schedule: string | null;
}

/** functions/monitoring/operations.json, which `npm run generate` writes from all handlers. */
export interface OperationFacts {
  readonly endpoints: readonly EndpointFacts[];
  readonly jobs: readonly JobFacts[];
}

let facts: OperationFacts | undefined;

/** The facts beside the handlers in `folder`, read once. Not bundled: they grow with every route. */
export function loadOperationFacts(folder: string): OperationFacts {
  facts ??= JSON.parse(readFileSync(join(folder, 'operations.json'), 'utf8')) as OperationFacts;
  return facts;
}

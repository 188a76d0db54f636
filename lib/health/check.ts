export const healthStatuses = ['pass', 'warn', 'fail'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

/** What routes need to do their work; the generator derives which ones. */
export type Dependency = 'database' | 'redis';

export interface Observation {
  readonly status: HealthStatus;
  readonly value?: number;
  readonly unit?: string;
  /** Why it does not pass, in words of ours: parts of it are public, so never the text of an error, a host or a version. */
  readonly output?: string;
}

/** Something to look at: a file in `checks/` each. */
export interface Check {
  /** `component:measurement`, as in draft-inadarei-api-health-check. */
  readonly name: `${string}:${string}`;
  /** The service cannot do its work while it fails; the failure of any other check is a `warn`. */
  readonly isCritical: boolean;
  /** The routes that need it are affected while the check does not pass. */
  readonly dependency?: Dependency;
  /** False where there is nothing to look at, as without a replica. */
  appliesHere?(): boolean;
  /** Looks once; what it throws, or an answer that comes late, is a failure. */
  observe(now: Date): Promise<Observation>;
}

export interface CheckResult {
  readonly name: Check['name'];
  readonly isCritical: boolean;
  readonly status: HealthStatus;
  readonly observedValue?: number;
  readonly observedUnit?: string;
  readonly time: string;
  readonly output?: string;
  /** The code of the error behind it, such as ECONNREFUSED or an SQLSTATE. */
  readonly reason?: string;
  readonly affectedEndpoints?: readonly string[];
}

/** The status of several things together: that of the worst; one that is unknown is `fail`. */
export function worstOf(results: readonly { readonly status: HealthStatus }[]): HealthStatus {
  const ranks = results.map(({ status }) => healthStatuses.indexOf(status));
  return ranks.includes(-1) ? 'fail' : (healthStatuses[Math.max(0, ...ranks)] ?? 'fail');
}

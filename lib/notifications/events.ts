/** What can be told of, and who may be told: a rule of an organization hears how the service is, one of the platform everything. */
export const notificationEvents = [
  'job.failed',
  'job.dead',
  'job.missed',
  'breaker.opened',
  'health.changed',
] as const;
export type NotificationEvent = (typeof notificationEvents)[number];

export const severities = ['notice', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Something that happened. */
export interface Occurrence {
  readonly event: NotificationEvent;
  /** What it happened to: the id of a job, the name of a breaker or check. */
  readonly subject: string;
  /** Of what has states, the one it is in now: within its window a rule hears of the last one, too. */
  readonly state?: string;
  readonly severity: Severity;
  /** One line in English. */
  readonly summary: string;
  /** For programs. */
  readonly details: Readonly<Record<string, string | null>>;
  /** RFC 3339; of several the last. */
  readonly at: string;
  readonly count?: number;
  /** Whether organizations may hear of it: nothing of the inside is in it. */
  readonly isPublic?: boolean;
}

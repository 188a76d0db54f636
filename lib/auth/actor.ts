import type { Role } from './permissions.ts';

/** A person, acting inside one organization. */
export interface Actor {
  readonly type: 'user';
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly Role[];
  readonly sessionId: string;
}

/** The service itself, on behalf of a job. */
export interface SystemActor {
  readonly type: 'system';
  readonly jobId: string;
}

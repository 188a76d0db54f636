import type { Permission, Role } from './permissions.ts';

/** A person, acting inside one organization. */
export interface UserActor {
  readonly type: 'user';
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly Role[];
  /** Undefined for a token of another issuer, whose sessions are not ours. */
  readonly session: ActorSession | undefined;
}

export interface ActorSession {
  readonly id: string;
  readonly generation: number;
  /** When the person last proved who they are, in seconds since 1970. */
  readonly authenticatedAtSeconds: number;
}

/** A program with an API key: its owner's permissions, as far as the scopes of the key go. */
export interface ApiKeyActor {
  readonly type: 'api_key';
  readonly keyId: string;
  /** The owner of the key. */
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[];
}

export type Actor = UserActor | ApiKeyActor;

/** The service itself, on behalf of a job. */
export interface SystemActor {
  readonly type: 'system';
  readonly jobId: string;
}

import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { holdRoles } from '#lib/auth/find-roles.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError, type FieldError } from '#lib/errors/app-error.ts';
import { generateKey } from './key-format.ts';
import type { CreateApiKeyInput, NewApiKey } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';

/** Creates an API key of the actor; `validation_failed` for a scope the actor has no permission for, and an end that is past. */
export async function createApiKey(ctx: Context<UserActor>, input: CreateApiKeyInput): Promise<NewApiKey> {
  assertGrantable(ctx, input);
  const { name, scopes } = input;
  const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt).toISOString();
  const { organizationId, userId } = ctx.actor;
  const id = uuidv7();
  const { key, secretHash } = generateKey(id);
  return withTransaction(ctx, async (tx) => {
    if (!(await holdRoles(tx, ctx.actor)))
      throw new AppError('unauthenticated', 'You are no member of the organization any more');
    const [apiKey] = await tx
      .insert(apiKeys)
      .values({ id, organizationId, userId, name, scopes: [...new Set(scopes)], expiresAt, secretHash })
      .returning(visibleColumns);
    if (!apiKey) throw new Error('the API key was not stored');
    await recordAuditEvent(tx, ctx, {
      action: 'api_key.create',
      entityId: id,
      after: { name, scopes, expiresAt },
    });
    return { ...apiKey, key };
  });
}

function assertGrantable({ actor, now }: Context, { scopes, expiresAt }: CreateApiKeyInput): void {
  const errors: FieldError[] = scopes.flatMap((scope, index) =>
    isAllowed(actor, scope)
      ? []
      : [
          {
            in: 'body',
            pointer: `/scopes/${index}`,
            code: 'not_held',
            detail: 'must be one of your own permissions',
          },
        ],
  );
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime())
    errors.push({ in: 'body', pointer: '/expiresAt', code: 'past', detail: 'must be in the future' });
  if (errors.length > 0) throw new AppError('validation_failed', 'The API key cannot be created', { errors });
}

import postgres from 'postgres';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { sentStatements } from './sent-statements.ts';
import { findTenantAccesses } from './tenant-accesses.ts';

vi.mock('postgres', async (importOriginal) => {
  const { default: original } = await importOriginal<{ default: typeof postgres }>();
  const { observePostgres } = await import('./sent-statements.ts');
  return { default: observePostgres(original) };
});

/** The statements that may touch rows of any organization, and why. */
export const unscopedStatements = {
  'the login knows an email address and no organization yet':
    /^select .* from "users" left join "memberships" on "memberships"."user_id" = "users"."id" where "users"."email" = \$1 /,
  'a token of another issuer names a subject and no organization yet':
    /^select .* from "external_identities" .* where \("external_identities"."issuer" = \$1 and "external_identities"."subject" = \$2\)/,
  'an API key tells its organization; its hash is compared':
    /^with "noted" as \(update "api_keys" set "last_used_at" = \$1 where \(\("api_keys"."id" = \$2 /,
  'a person sees the organizations they are a member of':
    /^select .* from "memberships" inner join "organizations" on .* where \(?"memberships"."user_id" = \$1/,
  'an invitation names its organization; the token and the address are compared':
    /^update "invitations" set "accepted_at" = now\(\) where \("invitations"."token_hash" = \$1 and "invitations"."email" = \$2/,
  'the purge runs for all organizations':
    /^delete from "projects" where ctid = any \(array\(select ctid from "projects" where "projects"."deleted_at" < \$1/,
  'the folding looks for organizations that are due, then works on one after the other':
    /^select "organization_id" from "project_counts" group by "project_counts"."organization_id" having /,
  'what happens to the platform is told to the rules of all organizations that want to hear of it':
    /^select .* from "notification_rules" where \("notification_rules"."is_enabled" = \$1 and /,
  'invitations expire for all organizations':
    /^delete from "invitations" where ctid = any \(array\(select ctid from "invitations" where "invitations"."expires_at" < \$1/,
  'revoked API keys expire for all organizations':
    /^delete from "api_keys" where ctid = any \(array\(select ctid from "api_keys" where "api_keys"."revoked_at" < \$1/,
  'notifications expire for all organizations':
    /^delete from "notifications" where ctid = any \(array\(select ctid from "notifications" where created_at < \$1/,
  'callers of deprecated operations are counted for the platform, whatever their organization':
    /\binsert into deprecated_calls as known\b/,
  'operators see who calls deprecated operations': /^select .* from "deprecated_calls" (where|order by) /,
  'callers of deprecated operations expire for all organizations':
    /^delete from "deprecated_calls" where ctid = any\(array\(select ctid from "deprecated_calls" where last_seen_at < /,
  'records expire for all organizations':
    /^delete from "idempotency_records" where ctid = any \(array\(select ctid from "idempotency_records" where "idempotency_records"."created_at" < \$1/,
};

// Some tests point the application elsewhere.
const databaseUrl = process.env.DATABASE_URL ?? '';
const checked = new Set<string>();
let client: postgres.Sql | undefined;

afterEach(async () => {
  const unscoped: string[] = [];
  for (const { text } of sentStatements) {
    if (checked.has(text)) continue;
    checked.add(text);
    client ??= postgres(databaseUrl, { max: 1, onnotice: () => {} });
    const accesses = await findTenantAccesses(client, text);
    const isAllowed = Object.values(unscopedStatements).some((pattern) =>
      pattern.test(text.trim().replace(/\s+/g, ' ')),
    );
    if (!isAllowed && accesses.some(({ owner }) => owner === undefined)) unscoped.push(text);
  }
  expect(unscoped, `not limited to one organization (ADR 0012): ${unscoped.join(' and ')}`).toEqual([]);
});

afterAll(() => client?.end());

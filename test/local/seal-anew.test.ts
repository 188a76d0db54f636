import { expect, inject, onTestFinished, test } from 'vitest';
import { seal, unseal } from '#lib/auth/seal.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { sealAnew, sealedColumns } from '#lib/local/seal-anew.ts';
import { createDatabase, inDatabase } from '#test/support/backup-databases.ts';

test('what the former secret has sealed the new one opens alone, and what neither opens is counted and left', async () => {
  const { AUTH_SECRET, AUTH_SECRET_FORMER } = getConfig();
  const use = (secrets: object) => Object.assign(getConfig(), secrets);
  onTestFinished(() => void use({ AUTH_SECRET, AUTH_SECRET_FORMER }));
  const url = await createDatabase(inject('templateDatabase'));
  await inDatabase(url, async (sql) => {
    // Mails are sealed inside of payloads of runs, and gone within hours.
    const columns = await sql`
      select table_name as "table", column_name as "column" from information_schema.columns
      where table_schema = 'public' and column_name like 'sealed\\_%' order by 1, 2`;
    const listed = sealedColumns.map(({ table, column }) => ({ table, column }));
    expect(listed.toSorted((a, b) => (a.table + a.column < b.table + b.column ? -1 : 1))).toEqual([
      ...columns,
    ]);
    await sql`
      insert into signing_keys (kid, state, public_jwk, sealed_private_jwk)
      values ('a', 'current', '{}', ${seal('signing key', 'key')}), ('b', 'revoked', '{}', null)`;
    await sql`
      insert into users (id, email, name) select gen_random_uuid(), name || '@example.com', name from unnest(array['a', 'b']) name`;
    await sql`
      insert into totp_enrolments (user_id, sealed_secret)
      select id, case name when 'a' then ${seal('totp', 'second factor')} else 'AAAA' end from users`;
    await sql`insert into organizations (id, name) values (gen_random_uuid(), 'o')`;
    await sql`
      insert into notification_rules (id, organization_id, name, events, channel, target, sealed_secret, sealed_previous_secret, scope, dedupe_minutes)
      select gen_random_uuid(), id, 'r', '{job.dead}', 'webhook', 'https://example.com', ${seal('webhook secret', 'now')},
        ${seal('webhook secret', 'before')}, 'organization', 0 from organizations`;
    const former = AUTH_SECRET;
    use({ AUTH_SECRET: createSecret(), AUTH_SECRET_FORMER: former });
    expect(await sealAnew(sql)).toEqual({ sealed: 4, unreadable: 1 });
    expect(await sealAnew(sql), 'again').toEqual({ sealed: 4, unreadable: 1 });
    use({ AUTH_SECRET_FORMER: '' });
    const [key] = await sql`select sealed_private_jwk as sealed from signing_keys where kid = 'a'`;
    const factors =
      await sql`select sealed_secret as sealed from totp_enrolments join users on id = user_id order by email`;
    const [rule] =
      await sql`select sealed_secret as now, sealed_previous_secret as before from notification_rules`;
    expect([
      unseal('signing key', key?.sealed),
      unseal('totp', factors[0]?.sealed),
      factors[1]?.sealed,
      unseal('webhook secret', rule?.now),
      unseal('webhook secret', rule?.before),
    ]).toEqual(['key', 'second factor', 'AAAA', 'now', 'before']);
  });
});

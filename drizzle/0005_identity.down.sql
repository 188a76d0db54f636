-- loses: every session, API key, invitation, enrolment and signing key, and settings of organizations: everybody logs in again
-- Accounts without a password lose their last way in, so they get one that nothing matches.
drop table account_tokens, api_keys, external_identities, invitations, outgoing_mails, recovery_codes, refresh_tokens, sessions,
  signing_keys, totp_enrolments;
alter table organizations drop column settings, drop column version, drop column updated_at;
alter table users drop column password_changed_at, drop column email_verified_at;
update users set password_hash = '!' where password_hash is null;
alter table users alter column password_hash set not null;

-- Gives the role plinth_app what the application needs, and nothing else: rows, no tables, and no change of audit rows. The owner of the
-- tables runs it once, after the first migration; tables of later migrations are granted by themselves. It may be run again.
GRANT USAGE ON SCHEMA public, drizzle TO plinth_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plinth_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO plinth_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO plinth_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO plinth_app;
-- Health compares the schema with what the migrations made.
GRANT SELECT ON drizzle.__drizzle_migrations TO plinth_app;
REVOKE UPDATE, DELETE ON audit_events FROM plinth_app;
-- PostgreSQL before 15 lets everybody make tables.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

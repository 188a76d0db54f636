-- loses: everything, as the first migration has nothing before it
DROP TABLE "audit_events", "projects", "memberships", "users", "organizations";

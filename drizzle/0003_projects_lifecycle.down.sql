-- loses: nothing; audit rows can be changed again
DROP TRIGGER "audit_events_append_only" ON "audit_events";
DROP FUNCTION "audit_events_refuse_change"();
DROP INDEX "audit_events_created_at_idx", "audit_events_actor_idx", "audit_events_action_idx";

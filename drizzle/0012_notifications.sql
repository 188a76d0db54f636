-- lock-risk: require-concurrent-index-creation, backfill because runs are kept for days and transitions for 30: both tables are small
-- lock-risk: ban-drop-table because the mails move into the ledger with it; no release before this one is in use
CREATE TABLE "notification_rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organization_id" uuid NOT NULL,
	"scope" text NOT NULL,
	"name" text NOT NULL,
	"events" text[] NOT NULL,
	"channel" text NOT NULL,
	"target" text NOT NULL,
	"quiet_hours" jsonb,
	"dedupe_minutes" integer NOT NULL,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"sealed_secret" text,
	"sealed_previous_secret" text,
	"previous_expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notification_rules_signed" CHECK ((channel = 'webhook') = (sealed_secret is not null)),
	CONSTRAINT "notification_rules_sns_of_platform" CHECK (channel <> 'sns' or scope = 'platform')
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organization_id" uuid NOT NULL,
	"rule_id" uuid NOT NULL,
	"scope" text NOT NULL,
	"event" text NOT NULL,
	"subject" text NOT NULL,
	"subject_state" text NOT NULL,
	"severity" text NOT NULL,
	"summary" text NOT NULL,
	"details" jsonb NOT NULL,
	"count" integer NOT NULL,
	"last_occurred_at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"begun_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"log" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_state_known" CHECK (state in ('pending', 'delivered', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "health_transitions" ADD COLUMN "told_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "told_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "notification_rules" ADD CONSTRAINT "notification_rules_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_rule_id_notification_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."notification_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notification_rules_organization_idx" ON "notification_rules" USING btree ("organization_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_organization_idx" ON "notifications" USING btree ("organization_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_rule_idx" ON "notifications" USING btree ("rule_id","event","subject","created_at");--> statement-breakpoint
CREATE INDEX "notifications_created_at_idx" ON "notifications" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "health_transitions_untold_idx" ON "health_transitions" USING btree ("id") WHERE told_at is null;--> statement-breakpoint
CREATE INDEX "job_runs_untold_idx" ON "job_runs" USING btree ("finished_at") WHERE state in ('failed', 'dead', 'timed_out', 'missed') and told_at is null;--> statement-breakpoint
-- What happened before there were notifications is not told any more.
UPDATE "job_runs" SET "told_at" = now() WHERE "state" in ('failed', 'dead', 'timed_out', 'missed');--> statement-breakpoint
UPDATE "health_transitions" SET "told_at" = now();
--> statement-breakpoint
-- Mails that wait become runs of the job that sends them.
INSERT INTO "job_runs" ("id", "job_id", "trigger", "payload", "available_at", "attempts", "max_attempts", "is_exclusive", "created_at")
SELECT "id", 'deliverMail', 'enqueue', jsonb_build_object('sealedMail', "sealed_mail"), "next_attempt_at", least("attempts", 9), 10, false, "created_at"
FROM "outgoing_mails";--> statement-breakpoint
DROP TABLE "outgoing_mails";

-- loses: the rules, what was told, and the mails that were given up; those that wait go back
CREATE TABLE "outgoing_mails" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sealed_mail" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "outgoing_mails_next_attempt_at_idx" ON "outgoing_mails" USING btree ("next_attempt_at");
--> statement-breakpoint
INSERT INTO "outgoing_mails"
SELECT "id", "payload" ->> 'sealedMail', "created_at", "attempts", "available_at" FROM "job_runs"
WHERE "job_id" = 'deliverMail' AND "state" IN ('scheduled', 'retrying', 'running') AND "payload" ->> 'sealedMail' IS NOT NULL;
--> statement-breakpoint
DELETE FROM "job_attempts" WHERE "run_id" IN (SELECT "id" FROM "job_runs" WHERE "job_id" IN ('deliverMail', 'deliverNotification'));
--> statement-breakpoint
DELETE FROM "job_runs" WHERE "job_id" IN ('deliverMail', 'deliverNotification');
--> statement-breakpoint
DROP TABLE "notifications";
--> statement-breakpoint
DROP TABLE "notification_rules";
--> statement-breakpoint
ALTER TABLE "job_runs" DROP COLUMN "told_at";
--> statement-breakpoint
ALTER TABLE "health_transitions" DROP COLUMN "told_at";

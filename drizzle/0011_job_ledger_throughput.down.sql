-- loses: nothing
DELETE FROM "job_attempts" WHERE NOT EXISTS (SELECT FROM "job_runs" WHERE "id" = "run_id");
--> statement-breakpoint
INSERT INTO "job_attempts" ("run_id", "fence", "started_at", "release")
SELECT "id", "fence", "attempt_started_at", "attempt_release" FROM "job_runs" WHERE "state" = 'running' AND "attempt_started_at" IS NOT NULL
ON CONFLICT DO NOTHING;
--> statement-breakpoint
ALTER TABLE "job_attempts" ADD CONSTRAINT "job_attempts_run_id_job_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."job_runs"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "job_runs" DROP COLUMN "attempt_started_at";
--> statement-breakpoint
ALTER TABLE "job_runs" DROP COLUMN "attempt_release";
--> statement-breakpoint
DROP INDEX "job_runs_slot_key";
--> statement-breakpoint
DROP INDEX "job_runs_key_key";
--> statement-breakpoint
DROP INDEX "job_runs_finished_at_idx";
--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_slot_key" ON "job_runs" USING btree ("job_id","slot");
--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_key_key" ON "job_runs" USING btree ("job_id","key");
--> statement-breakpoint
CREATE INDEX "job_runs_finished_at_idx" ON "job_runs" USING btree ("finished_at");

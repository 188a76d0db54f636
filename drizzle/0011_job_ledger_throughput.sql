-- lock-risk: require-concurrent-index-deletion, require-concurrent-index-creation because runs are kept for days: the table is small, and jobs wait a second; no release before this one is in use, whose ON CONFLICT would not find the indexes
ALTER TABLE "job_attempts" DROP CONSTRAINT "job_attempts_run_id_job_runs_id_fk";
--> statement-breakpoint
DROP INDEX "job_runs_slot_key";--> statement-breakpoint
DROP INDEX "job_runs_key_key";--> statement-breakpoint
DROP INDEX "job_runs_finished_at_idx";--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "attempt_started_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "attempt_release" text;--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_slot_key" ON "job_runs" USING btree ("job_id","slot") WHERE slot is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_key_key" ON "job_runs" USING btree ("job_id","key") WHERE key is not null;--> statement-breakpoint
CREATE INDEX "job_runs_finished_at_idx" ON "job_runs" USING btree ("finished_at") WHERE finished_at is not null;
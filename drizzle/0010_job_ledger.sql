-- lock-risk: none
CREATE TABLE "job_attempts" (
	"run_id" uuid NOT NULL,
	"fence" bigint NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"outcome" text,
	"error_class" text,
	"error_message" text,
	"release" text NOT NULL,
	CONSTRAINT "job_attempts_run_id_fence_pk" PRIMARY KEY("run_id","fence"),
	CONSTRAINT "job_attempts_outcome_known" CHECK (outcome in ('succeeded', 'failed', 'timed_out', 'continued', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "job_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"trigger" text NOT NULL,
	"slot" timestamp with time zone,
	"key" text,
	"state" text DEFAULT 'scheduled' NOT NULL,
	"reason" text,
	"payload" jsonb,
	"available_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"max_attempts" integer NOT NULL,
	"is_exclusive" boolean NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"cancel_requested_at" timestamp with time zone,
	"checkpoint" jsonb,
	"progress_done" integer,
	"progress_total" integer,
	"result" jsonb,
	"error_class" text,
	"error_message" text,
	"traceparent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "job_runs_state_known" CHECK (state in ('scheduled', 'running', 'retrying', 'succeeded', 'failed', 'dead', 'timed_out', 'skipped', 'missed', 'cancelled')),
	CONSTRAINT "job_runs_slot_of_schedule" CHECK ((trigger in ('schedule', 'catch_up')) = (slot is not null)),
	CONSTRAINT "job_runs_reason" CHECK (state not in ('skipped', 'missed') or reason is not null)
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"swept_until" timestamp with time zone DEFAULT now() NOT NULL,
	"paused_at" timestamp with time zone,
	"paused_by" uuid,
	"pause_reason" text
);
--> statement-breakpoint
ALTER TABLE "job_attempts" ADD CONSTRAINT "job_attempts_run_id_job_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."job_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_slot_key" ON "job_runs" USING btree ("job_id","slot");--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_key_key" ON "job_runs" USING btree ("job_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "job_runs_one_running" ON "job_runs" USING btree ("job_id") WHERE state = 'running' and is_exclusive;--> statement-breakpoint
CREATE INDEX "job_runs_due_idx" ON "job_runs" USING btree ("available_at") WHERE state in ('scheduled', 'retrying');--> statement-breakpoint
CREATE INDEX "job_runs_lease_idx" ON "job_runs" USING btree ("lease_until") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "job_runs_job_idx" ON "job_runs" USING btree ("job_id","created_at","id");--> statement-breakpoint
CREATE INDEX "job_runs_dead_letters_idx" ON "job_runs" USING btree ("finished_at","id") WHERE state in ('failed', 'dead', 'timed_out');--> statement-breakpoint
CREATE INDEX "job_runs_finished_at_idx" ON "job_runs" USING btree ("finished_at");
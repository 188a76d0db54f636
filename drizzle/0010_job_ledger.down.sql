DROP TABLE "job_attempts";
--> statement-breakpoint
DROP TABLE "job_runs";
--> statement-breakpoint
DROP TABLE "jobs";

-- loses: the runs of jobs and what became of them, and which jobs are paused
DROP TABLE "job_attempts";
--> statement-breakpoint
DROP TABLE "job_runs";
--> statement-breakpoint
DROP TABLE "jobs";

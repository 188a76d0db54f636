-- lock-risk: none
CREATE TABLE "health_snapshots" (
	"id" text PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"checks" jsonb NOT NULL,
	"observed_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "health_transitions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "health_transitions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"check_name" text NOT NULL,
	"from_status" text,
	"to_status" text NOT NULL,
	"output" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "health_transitions_at_idx" ON "health_transitions" USING btree ("at");
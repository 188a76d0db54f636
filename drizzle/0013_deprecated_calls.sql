-- lock-risk: none
CREATE TABLE "deprecated_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operation" text NOT NULL,
	"user_id" uuid,
	"api_key_id" uuid,
	"organization_id" uuid,
	"count" bigint NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "deprecated_calls_caller_unique" UNIQUE NULLS NOT DISTINCT("operation","organization_id","user_id","api_key_id")
);
--> statement-breakpoint
CREATE INDEX "deprecated_calls_last_seen_at_idx" ON "deprecated_calls" USING btree ("last_seen_at","id");
-- lock-risk: none
CREATE TABLE "measurement_folds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"folded_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "measurements" (
	"resolution" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"operation" text NOT NULL,
	"outcome" text NOT NULL,
	"is_cold" boolean NOT NULL,
	"count" bigint NOT NULL,
	"duration_us" bigint NOT NULL,
	"buckets" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "measurements_pk" PRIMARY KEY("resolution","starts_at","operation","outcome","is_cold")
);
--> statement-breakpoint
CREATE INDEX "measurement_folds_folded_at_idx" ON "measurement_folds" USING btree ("folded_at");
-- lock-risk: none
CREATE TABLE "error_groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"operations" text[] NOT NULL,
	"code" text NOT NULL,
	"error_class" text NOT NULL,
	"title" text NOT NULL,
	"count" bigint NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"first_release" text NOT NULL,
	"last_release" text NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"resolved_release" text,
	"regressions" integer DEFAULT 0 NOT NULL,
	"sample" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "error_groups_fingerprint_unique" UNIQUE("fingerprint")
);
--> statement-breakpoint
CREATE INDEX "error_groups_last_seen_at_idx" ON "error_groups" USING btree ("last_seen_at","id");--> statement-breakpoint
CREATE INDEX "error_groups_state_idx" ON "error_groups" USING btree ("state","last_seen_at","id");
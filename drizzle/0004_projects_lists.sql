-- lock-risk: require-concurrent-index-creation because it belongs to the first release: projects is empty where it runs
-- Both are trusted extensions: the owner of the database may create them. btree_gin keeps a search inside its tenant.
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS btree_gin;--> statement-breakpoint
CREATE INDEX "projects_updated_at_idx" ON "projects" USING btree ("organization_id","updated_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_name_idx" ON "projects" USING btree ("organization_id",name collate "C","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_created_at_idx" ON "projects" USING btree ("organization_id","status","created_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_updated_at_idx" ON "projects" USING btree ("organization_id","status","updated_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_name_idx" ON "projects" USING btree ("organization_id","status",name collate "C","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_created_at_idx" ON "projects" USING btree ("organization_id","owner_id","created_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_updated_at_idx" ON "projects" USING btree ("organization_id","owner_id","updated_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_name_idx" ON "projects" USING btree ("organization_id","owner_id",name collate "C","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_search_idx" ON "projects" USING gin ("organization_id","tags","name" gin_trgm_ops,"description" gin_trgm_ops) WHERE deleted_at is null;
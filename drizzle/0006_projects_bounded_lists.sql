-- lock-risk: require-concurrent-index-creation, require-concurrent-index-deletion because it belongs to the first release: with 1,000,000 projects it would hold up writes for about 30 s
DROP INDEX "projects_created_at_idx";--> statement-breakpoint
DROP INDEX "projects_updated_at_idx";--> statement-breakpoint
DROP INDEX "projects_name_idx";--> statement-breakpoint
DROP INDEX "projects_status_created_at_idx";--> statement-breakpoint
DROP INDEX "projects_status_updated_at_idx";--> statement-breakpoint
DROP INDEX "projects_status_name_idx";--> statement-breakpoint
DROP INDEX "projects_owner_created_at_idx";--> statement-breakpoint
DROP INDEX "projects_owner_updated_at_idx";--> statement-breakpoint
DROP INDEX "projects_owner_name_idx";--> statement-breakpoint
DROP INDEX "projects_search_idx";--> statement-breakpoint
CREATE INDEX "projects_created_at_idx" ON "projects" USING btree ("organization_id","created_at","id","updated_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_updated_at_idx" ON "projects" USING btree ("organization_id","updated_at","id","created_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_name_idx" ON "projects" USING btree ("organization_id",name collate "C","id","created_at","updated_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_created_at_idx" ON "projects" USING btree ("organization_id","status","created_at","id","updated_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_updated_at_idx" ON "projects" USING btree ("organization_id","status","updated_at","id","created_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_status_name_idx" ON "projects" USING btree ("organization_id","status",name collate "C","id","created_at","updated_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_created_at_idx" ON "projects" USING btree ("organization_id","owner_id","created_at","id","updated_at","status") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_updated_at_idx" ON "projects" USING btree ("organization_id","owner_id","updated_at","id","created_at","status") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_owner_name_idx" ON "projects" USING btree ("organization_id","owner_id",name collate "C","id","created_at","updated_at","status") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "projects_search_idx" ON "projects" USING gin ((name || chr(31) || description) gin_trgm_ops,"tags","organization_id");
-- loses: nothing; some lists read every row again
DROP INDEX "projects_created_at_idx", "projects_updated_at_idx", "projects_name_idx", "projects_status_created_at_idx", "projects_status_updated_at_idx", "projects_status_name_idx", "projects_owner_created_at_idx", "projects_owner_updated_at_idx", "projects_owner_name_idx", "projects_search_idx";
CREATE INDEX "projects_created_at_idx" ON "projects" USING btree ("organization_id","created_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_updated_at_idx" ON "projects" USING btree ("organization_id","updated_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_name_idx" ON "projects" USING btree ("organization_id",name collate "C","id") WHERE deleted_at is null;
CREATE INDEX "projects_status_created_at_idx" ON "projects" USING btree ("organization_id","status","created_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_status_updated_at_idx" ON "projects" USING btree ("organization_id","status","updated_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_status_name_idx" ON "projects" USING btree ("organization_id","status",name collate "C","id") WHERE deleted_at is null;
CREATE INDEX "projects_owner_created_at_idx" ON "projects" USING btree ("organization_id","owner_id","created_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_owner_updated_at_idx" ON "projects" USING btree ("organization_id","owner_id","updated_at","id") WHERE deleted_at is null;
CREATE INDEX "projects_owner_name_idx" ON "projects" USING btree ("organization_id","owner_id",name collate "C","id") WHERE deleted_at is null;
CREATE INDEX "projects_search_idx" ON "projects" USING gin ("organization_id","tags","name" gin_trgm_ops,"description" gin_trgm_ops) WHERE deleted_at is null;

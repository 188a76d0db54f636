-- loses: nothing that cannot be counted again
DROP TRIGGER "count_inserted" ON "projects";
DROP TRIGGER "count_updated" ON "projects";
DROP TRIGGER "count_deleted" ON "projects";
DROP FUNCTION "count_inserted_projects"(), "count_updated_projects"(), "count_deleted_projects"();
DROP FUNCTION "project_count_keys"(projects);
DROP TABLE "project_counts";

-- loses: nothing; lists get slow
DROP INDEX "projects_updated_at_idx", "projects_name_idx", "projects_status_created_at_idx", "projects_status_updated_at_idx", "projects_status_name_idx", "projects_owner_created_at_idx", "projects_owner_updated_at_idx", "projects_owner_name_idx", "projects_search_idx";
DROP EXTENSION pg_trgm;
DROP EXTENSION btree_gin;

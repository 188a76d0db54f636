-- lock-risk: explicit-lock, backfill because projects written meanwhile would not be counted; counting 1,000,000 of them holds writes up for some seconds
CREATE TABLE "project_counts" (
	"organization_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"key" text NOT NULL,
	"count" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "project_counts_organization_idx" ON "project_counts" USING btree ("organization_id");--> statement-breakpoint
-- What one project counts for; nothing once it is deleted.
CREATE FUNCTION project_count_keys(project projects) RETURNS TABLE (dimension text, key text)
LANGUAGE sql IMMUTABLE AS $$
  SELECT v.dimension, v.key
  FROM (VALUES
    ('status', project.status),
    ('owner', project.owner_id::text),
    ('created', to_char(project.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')),
    ('updated', to_char(project.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
  ) AS v (dimension, key)
  WHERE project.deleted_at IS NULL
$$;
--> statement-breakpoint
CREATE FUNCTION count_inserted_projects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO project_counts (organization_id, dimension, key, count)
  SELECT p.organization_id, k.dimension, k.key, count(*)
  FROM new_rows p, project_count_keys(p) k
  GROUP BY 1, 2, 3;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION count_updated_projects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO project_counts (organization_id, dimension, key, count)
  SELECT c.organization_id, c.dimension, c.key, sum(c.difference)
  FROM (
    SELECT p.organization_id, k.dimension, k.key, 1 AS difference FROM new_rows p, project_count_keys(p) k
    UNION ALL
    SELECT p.organization_id, k.dimension, k.key, -1 FROM old_rows p, project_count_keys(p) k
  ) c
  GROUP BY 1, 2, 3
  HAVING sum(c.difference) <> 0;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION count_deleted_projects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO project_counts (organization_id, dimension, key, count)
  SELECT p.organization_id, k.dimension, k.key, -count(*)
  FROM old_rows p, project_count_keys(p) k
  GROUP BY 1, 2, 3;
  RETURN NULL;
END $$;
--> statement-breakpoint
LOCK TABLE projects IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
INSERT INTO project_counts (organization_id, dimension, key, count)
SELECT p.organization_id, k.dimension, k.key, count(*) FROM projects p, project_count_keys(p) k GROUP BY 1, 2, 3;
--> statement-breakpoint
CREATE TRIGGER count_inserted AFTER INSERT ON projects REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_projects();
--> statement-breakpoint
CREATE TRIGGER count_updated AFTER UPDATE ON projects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_updated_projects();
--> statement-breakpoint
CREATE TRIGGER count_deleted AFTER DELETE ON projects REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_projects();

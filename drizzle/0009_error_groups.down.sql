-- loses: what failed, how often, and what was resolved
DROP TABLE "error_groups";

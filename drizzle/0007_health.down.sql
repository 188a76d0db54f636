-- loses: the history of health; the next run of recordHealth begins a new one
DROP TABLE "health_transitions";
DROP TABLE "health_snapshots";

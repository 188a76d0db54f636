-- loses: who has called deprecated operations
DROP TABLE "deprecated_calls";

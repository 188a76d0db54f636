-- loses: what the fleet measured; the counters of /metrics begin anew
DROP TABLE "measurements";
DROP TABLE "measurement_folds";

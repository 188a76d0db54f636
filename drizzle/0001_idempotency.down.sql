-- loses: the records by which a request that is sent twice is done once
DROP TABLE "idempotency_records";

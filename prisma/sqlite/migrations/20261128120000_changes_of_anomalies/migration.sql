-- The number of an anomaly's newest change: growth is followed by it, without an act of its own for each sign.
ALTER TABLE "Anomaly" ADD COLUMN "changedSeq" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "Anomaly" ADD COLUMN "growthRecordedAt" DATETIME;
UPDATE "Anomaly" SET "changedSeq" = "seq";
CREATE INDEX "Anomaly_tenantId_changedSeq_idx" ON "Anomaly"("tenantId", "changedSeq");

-- The number of an anomaly's newest change: growth is followed by it, without an act of its own for each sign.
ALTER TABLE "Anomaly" ADD COLUMN "changedSeq" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "Anomaly" ADD COLUMN "growthRecordedAt" TIMESTAMP(3);
-- The wall stands before the owner too.
ALTER TABLE "Anomaly" NO FORCE ROW LEVEL SECURITY;
UPDATE "Anomaly" SET "changedSeq" = "seq";
ALTER TABLE "Anomaly" FORCE ROW LEVEL SECURITY;
CREATE INDEX "Anomaly_tenantId_changedSeq_idx" ON "Anomaly"("tenantId", "changedSeq");

ALTER TABLE "Anomaly" ADD COLUMN "snoozedUntil" TIMESTAMP(3);
ALTER TABLE "Anomaly" ADD COLUMN "snoozedSize" TEXT;

-- Snoozes that have run out are looked for over all tenants, each second.
CREATE INDEX "Anomaly_snoozed_until_idx" ON "Anomaly"("snoozedUntil") WHERE "snoozedUntil" IS NOT NULL;

ALTER TABLE "WebhookEndpoint" ADD COLUMN "lastRefusedAt" TIMESTAMP(3);
ALTER TABLE "WebhookEndpoint" ADD COLUMN "lastRefusal" TEXT;

-- What goes on now is looked for over all tenants, by the operator.
CREATE INDEX "Anomaly_going_on_idx" ON "Anomaly"("detectedAt") WHERE "endedAt" IS NULL AND "origin" = 'LIVE';

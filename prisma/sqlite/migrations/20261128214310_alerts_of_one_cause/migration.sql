-- Anomalies of one cause are one conversation on a channel: messages of it keep their order.
ALTER TABLE "AlertDelivery" ADD COLUMN "conversationId" TEXT;
ALTER TABLE "AlertDelivery" ADD COLUMN "joined" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "AlertMessage" ADD COLUMN "conversationId" TEXT;
UPDATE "AlertDelivery" SET "conversationId" = "anomalyId";
UPDATE "AlertMessage" SET "conversationId" = "anomalyId";
CREATE INDEX "AlertDelivery_tenantId_conversationId_channelId_seq_idx" ON "AlertDelivery"("tenantId", "conversationId", "channelId", "seq");
CREATE INDEX "AlertMessage_tenantId_conversationId_channelId_idx" ON "AlertMessage"("tenantId", "conversationId", "channelId");

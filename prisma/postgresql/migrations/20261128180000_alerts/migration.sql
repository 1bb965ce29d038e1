-- CreateTable
CREATE TABLE "AlertChannel" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "secretSealed" TEXT,
    "formerSecretSealed" TEXT,
    "formerSecretUntil" TIMESTAMP(3),
    "routing" TEXT NOT NULL,
    "schedule" TEXT NOT NULL,
    "cursor" BIGINT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "failingSince" TIMESTAMP(3),
    "failuresInRow" INTEGER NOT NULL DEFAULT 0,
    "refusalsInRow" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMP(3),
    "leaseHolder" TEXT,
    "leaseUntil" TIMESTAMP(3),
    "summaryAt" TIMESTAMP(3),

    CONSTRAINT "AlertChannel_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "AlertAddress" (
    "tenantId" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "AlertAddress_pkey" PRIMARY KEY ("tenantId","channelId","address")
);

-- CreateTable
CREATE TABLE "AlertVerification" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "sentAt" TIMESTAMP(3) NOT NULL,
    "codeHash" TEXT NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "AlertVerification_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "AlertDelivery" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "anomalyId" TEXT,
    "seq" BIGINT NOT NULL,
    "key" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "why" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "dueAt" TIMESTAMP(3) NOT NULL,
    "byPerson" BOOLEAN NOT NULL DEFAULT false,
    "grouped" BOOLEAN NOT NULL DEFAULT false,
    "digestId" TEXT,
    "held" BOOLEAN NOT NULL DEFAULT false,
    "body" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "firstAttemptAt" TIMESTAMP(3),
    "deliveredAt" TIMESTAMP(3),
    "progress" TEXT,

    CONSTRAINT "AlertDelivery_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "AlertMessage" (
    "tenantId" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "reference" TEXT,
    "lastSeq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "AlertMessage_pkey" PRIMARY KEY ("tenantId","channelId","anomalyId")
);

-- CreateTable
CREATE TABLE "AlertAttempt" (
    "tenantId" TEXT NOT NULL,
    "deliveryId" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "milliseconds" INTEGER NOT NULL,
    "status" INTEGER,
    "error" TEXT,
    "answer" TEXT,

    CONSTRAINT "AlertAttempt_pkey" PRIMARY KEY ("tenantId","deliveryId","n")
);

-- CreateIndex
CREATE UNIQUE INDEX "AlertChannel_tenantId_name_key" ON "AlertChannel"("tenantId", "name");

-- CreateIndex
CREATE INDEX "AlertVerification_address_sentAt_idx" ON "AlertVerification"("address", "sentAt");

-- CreateIndex
CREATE INDEX "AlertVerification_tenantId_sentAt_idx" ON "AlertVerification"("tenantId", "sentAt");

-- CreateIndex
CREATE UNIQUE INDEX "AlertDelivery_tenantId_channelId_key_key" ON "AlertDelivery"("tenantId", "channelId", "key");

-- CreateIndex
CREATE INDEX "AlertDelivery_state_dueAt_idx" ON "AlertDelivery"("state", "dueAt");

-- CreateIndex
CREATE INDEX "AlertDelivery_tenantId_channelId_state_dueAt_idx" ON "AlertDelivery"("tenantId", "channelId", "state", "dueAt");

-- CreateIndex
CREATE INDEX "AlertDelivery_tenantId_anomalyId_channelId_seq_idx" ON "AlertDelivery"("tenantId", "anomalyId", "channelId", "seq");

-- CreateIndex
CREATE INDEX "AlertDelivery_tenantId_createdAt_idx" ON "AlertDelivery"("tenantId", "createdAt");

-- CreateIndex
CREATE INDEX "AlertDelivery_tenantId_digestId_idx" ON "AlertDelivery"("tenantId", "digestId");

-- CreateIndex
CREATE INDEX "AlertMessage_tenantId_anomalyId_idx" ON "AlertMessage"("tenantId", "anomalyId");

-- CreateIndex
CREATE INDEX "AlertAttempt_tenantId_at_idx" ON "AlertAttempt"("tenantId", "at");

-- AddForeignKey
ALTER TABLE "AlertChannel" ADD CONSTRAINT "AlertChannel_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertAddress" ADD CONSTRAINT "AlertAddress_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertAddress" ADD CONSTRAINT "AlertAddress_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertVerification" ADD CONSTRAINT "AlertVerification_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertDelivery" ADD CONSTRAINT "AlertDelivery_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertDelivery" ADD CONSTRAINT "AlertDelivery_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertDelivery" ADD CONSTRAINT "AlertDelivery_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertMessage" ADD CONSTRAINT "AlertMessage_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertMessage" ADD CONSTRAINT "AlertMessage_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertMessage" ADD CONSTRAINT "AlertMessage_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertAttempt" ADD CONSTRAINT "AlertAttempt_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertAttempt" ADD CONSTRAINT "AlertAttempt_tenantId_deliveryId_fkey" FOREIGN KEY ("tenantId", "deliveryId") REFERENCES "AlertDelivery"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertChannel" TO billingwatch_app;
GRANT SELECT ON "AlertChannel" TO billingwatch_system;
ALTER TABLE "AlertChannel" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertChannel" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertChannel" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertChannel" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertAddress" TO billingwatch_app;
GRANT SELECT ON "AlertAddress" TO billingwatch_system;
ALTER TABLE "AlertAddress" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertAddress" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertAddress" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertAddress" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertVerification" TO billingwatch_app;
GRANT SELECT ON "AlertVerification" TO billingwatch_system;
ALTER TABLE "AlertVerification" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertVerification" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertVerification" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertVerification" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertDelivery" TO billingwatch_app;
GRANT SELECT ON "AlertDelivery" TO billingwatch_system;
ALTER TABLE "AlertDelivery" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertDelivery" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertDelivery" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertDelivery" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertMessage" TO billingwatch_app;
GRANT SELECT ON "AlertMessage" TO billingwatch_system;
ALTER TABLE "AlertMessage" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertMessage" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertMessage" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertMessage" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "AlertAttempt" TO billingwatch_app;
GRANT SELECT ON "AlertAttempt" TO billingwatch_system;
ALTER TABLE "AlertAttempt" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AlertAttempt" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AlertAttempt" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AlertAttempt" TO billingwatch_system USING (true);

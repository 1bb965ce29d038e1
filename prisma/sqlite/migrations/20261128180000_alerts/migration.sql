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
    "formerSecretUntil" DATETIME,
    "routing" TEXT NOT NULL,
    "schedule" TEXT NOT NULL,
    "cursor" BIGINT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "createdAt" DATETIME NOT NULL,
    "failingSince" DATETIME,
    "failuresInRow" INTEGER NOT NULL DEFAULT 0,
    "refusalsInRow" INTEGER NOT NULL DEFAULT 0,
    "notBefore" DATETIME,
    "leaseHolder" TEXT,
    "leaseUntil" DATETIME,
    "summaryAt" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "AlertChannel_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertAddress" (
    "tenantId" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("tenantId", "channelId", "address"),
    CONSTRAINT "AlertAddress_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertAddress_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertVerification" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "sentAt" DATETIME NOT NULL,
    "codeHash" TEXT NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "AlertVerification_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
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
    "createdAt" DATETIME NOT NULL,
    "dueAt" DATETIME NOT NULL,
    "byPerson" BOOLEAN NOT NULL DEFAULT false,
    "grouped" BOOLEAN NOT NULL DEFAULT false,
    "digestId" TEXT,
    "held" BOOLEAN NOT NULL DEFAULT false,
    "body" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "firstAttemptAt" DATETIME,
    "deliveredAt" DATETIME,
    "progress" TEXT,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "AlertDelivery_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertDelivery_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertDelivery_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertMessage" (
    "tenantId" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "reference" TEXT,
    "lastSeq" BIGINT NOT NULL DEFAULT 0,

    PRIMARY KEY ("tenantId", "channelId", "anomalyId"),
    CONSTRAINT "AlertMessage_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertMessage_tenantId_channelId_fkey" FOREIGN KEY ("tenantId", "channelId") REFERENCES "AlertChannel" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertMessage_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertAttempt" (
    "tenantId" TEXT NOT NULL,
    "deliveryId" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "at" DATETIME NOT NULL,
    "milliseconds" INTEGER NOT NULL,
    "status" INTEGER,
    "error" TEXT,
    "answer" TEXT,

    PRIMARY KEY ("tenantId", "deliveryId", "n"),
    CONSTRAINT "AlertAttempt_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AlertAttempt_tenantId_deliveryId_fkey" FOREIGN KEY ("tenantId", "deliveryId") REFERENCES "AlertDelivery" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
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

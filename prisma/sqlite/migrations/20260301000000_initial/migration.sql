-- CreateTable
CREATE TABLE "Tenant" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "externalId" TEXT,
    "timezone" TEXT NOT NULL DEFAULT 'UTC',
    "createdAt" DATETIME NOT NULL,
    "suspendedAt" DATETIME,
    "deletedAt" DATETIME,
    "rateRequests" INTEGER,
    "rateSeconds" INTEGER,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "firstLiveAt" DATETIME
);

-- CreateTable
CREATE TABLE "WebhookEndpoint" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "tokenSealed" TEXT NOT NULL,
    "previousTokenExpiresAt" DATETIME,
    "lastDeliveryAt" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "WebhookEndpoint_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "FormerToken" (
    "tenantId" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL,

    PRIMARY KEY ("tenantId", "hash"),
    CONSTRAINT "FormerToken_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "FormerToken_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "WebhookSecret" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "retiredAt" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "WebhookSecret_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "WebhookSecret_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME,
    "lastUsedAt" DATETIME,
    "revokedAt" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "ApiKey_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Stream" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "account" TEXT,
    "livemode" BOOLEAN NOT NULL,
    "clock" BIGINT NOT NULL,
    "live" BOOLEAN NOT NULL,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "Stream_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "StripeEvent" (
    "tenantId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "account" TEXT,
    "livemode" BOOLEAN NOT NULL,
    "type" TEXT NOT NULL,
    "apiVersion" TEXT,
    "createdAt" DATETIME NOT NULL,
    "receivedAt" DATETIME NOT NULL,
    "processedAt" DATETIME,
    "status" TEXT NOT NULL,
    "error" TEXT,
    "objectId" TEXT,
    "customerId" TEXT,
    "amount" BIGINT,
    "currency" TEXT,
    "payload" BLOB,

    PRIMARY KEY ("tenantId", "stripeId"),
    CONSTRAINT "StripeEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "StripeEvent_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "StripeObject" (
    "tenantId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,

    PRIMARY KEY ("tenantId", "stripeId"),
    CONSTRAINT "StripeObject_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DetectorSetting" (
    "tenantId" TEXT NOT NULL,
    "detector" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "values" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,

    PRIMARY KEY ("tenantId", "detector"),
    CONSTRAINT "DetectorSetting_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DetectorState" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "detector" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "wakeAt" BIGINT,
    "touchedAt" BIGINT NOT NULL,

    PRIMARY KEY ("tenantId", "stream", "detector", "key"),
    CONSTRAINT "DetectorState_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Anomaly" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "stream" TEXT NOT NULL,
    "detector" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "account" TEXT,
    "confidence" REAL NOT NULL,
    "title" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "advice" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "detectedAt" DATETIME NOT NULL,
    "lastSeenAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    "occurrences" INTEGER NOT NULL,
    "customerId" TEXT,
    "impactAmount" BIGINT,
    "impactCurrency" TEXT,
    "subjects" TEXT NOT NULL,
    "evidence" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "folding" TEXT NOT NULL,
    "endsAt" BIGINT,
    "searchText" TEXT NOT NULL,
    "acknowledgedAt" DATETIME,
    "acknowledgedBy" TEXT,
    "resolvedAt" DATETIME,
    "resolvedBy" TEXT,
    "falsePositiveReason" TEXT,
    "note" TEXT,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "Anomaly_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AnomalyEvent" (
    "tenantId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "anomalyId", "stripeId"),
    CONSTRAINT "AnomalyEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AnomalyEvent_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AnomalyEvent_tenantId_stripeId_fkey" FOREIGN KEY ("tenantId", "stripeId") REFERENCES "StripeEvent" ("tenantId", "stripeId") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Activity" (
    "tenantId" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" DATETIME NOT NULL,
    "kind" TEXT NOT NULL,
    "actorKind" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "anomalyId" TEXT,
    "note" TEXT,
    "data" TEXT,

    PRIMARY KEY ("tenantId", "seq"),
    CONSTRAINT "Activity_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Activity_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "MetricBucket" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "hour" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "events" INTEGER NOT NULL DEFAULT 0,
    "chargesSucceeded" INTEGER NOT NULL DEFAULT 0,
    "chargesFailed" INTEGER NOT NULL DEFAULT 0,
    "disputes" INTEGER NOT NULL DEFAULT 0,
    "revenue" BIGINT NOT NULL DEFAULT 0,
    "refunds" BIGINT NOT NULL DEFAULT 0,

    PRIMARY KEY ("tenantId", "stream", "hour", "currency"),
    CONSTRAINT "MetricBucket_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DeliveryBucket" (
    "tenantId" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,
    "accepted" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "badSignature" INTEGER NOT NULL DEFAULT 0,
    "throttled" INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY ("tenantId", "endpointId", "slot"),
    CONSTRAINT "DeliveryBucket_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "DeliveryBucket_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Wake" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "dueAt" DATETIME NOT NULL,
    "events" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "Wake_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Claim" (
    "tenantId" TEXT NOT NULL PRIMARY KEY,
    "version" BIGINT NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "retryAt" DATETIME,
    "servedAt" DATETIME NOT NULL,
    CONSTRAINT "Claim_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Tenant_externalId_key" ON "Tenant"("externalId");

-- CreateIndex
CREATE UNIQUE INDEX "WebhookEndpoint_tokenHash_key" ON "WebhookEndpoint"("tokenHash");

-- CreateIndex
CREATE UNIQUE INDEX "WebhookEndpoint_tenantId_name_key" ON "WebhookEndpoint"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "FormerToken_hash_key" ON "FormerToken"("hash");

-- CreateIndex
CREATE INDEX "FormerToken_tenantId_endpointId_expiresAt_idx" ON "FormerToken"("tenantId", "endpointId", "expiresAt");

-- CreateIndex
CREATE INDEX "WebhookSecret_tenantId_endpointId_idx" ON "WebhookSecret"("tenantId", "endpointId");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey"("hash");

-- CreateIndex
CREATE INDEX "StripeEvent_tenantId_receivedAt_stripeId_idx" ON "StripeEvent"("tenantId", "receivedAt", "stripeId");

-- CreateIndex
CREATE INDEX "StripeObject_tenantId_updatedAt_idx" ON "StripeObject"("tenantId", "updatedAt");

-- CreateIndex
CREATE INDEX "DetectorState_tenantId_stream_wakeAt_idx" ON "DetectorState"("tenantId", "stream", "wakeAt");

-- CreateIndex
CREATE INDEX "Anomaly_tenantId_stream_detector_fingerprint_idx" ON "Anomaly"("tenantId", "stream", "detector", "fingerprint");

-- CreateIndex
CREATE INDEX "Anomaly_tenantId_status_severity_seq_idx" ON "Anomaly"("tenantId", "status", "severity", "seq");

-- CreateIndex
CREATE INDEX "Anomaly_tenantId_stream_endsAt_idx" ON "Anomaly"("tenantId", "stream", "endsAt");

-- CreateIndex
CREATE UNIQUE INDEX "Anomaly_tenantId_seq_key" ON "Anomaly"("tenantId", "seq");

-- CreateIndex
CREATE INDEX "AnomalyEvent_tenantId_stripeId_idx" ON "AnomalyEvent"("tenantId", "stripeId");

-- CreateIndex
CREATE INDEX "Activity_tenantId_anomalyId_seq_idx" ON "Activity"("tenantId", "anomalyId", "seq");

-- CreateIndex
CREATE INDEX "Wake_dueAt_idx" ON "Wake"("dueAt");

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "Tenant" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "externalId" TEXT,
    "timezone" TEXT NOT NULL DEFAULT 'UTC',
    "createdAt" TIMESTAMP(3) NOT NULL,
    "suspendedAt" TIMESTAMP(3),
    "deletedAt" TIMESTAMP(3),
    "rateRequests" INTEGER,
    "rateSeconds" INTEGER,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "firstLiveAt" TIMESTAMP(3),

    CONSTRAINT "Tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "WebhookEndpoint" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "tokenSealed" TEXT NOT NULL,
    "previousTokenExpiresAt" TIMESTAMP(3),
    "lastDeliveryAt" TIMESTAMP(3),

    CONSTRAINT "WebhookEndpoint_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "FormerToken" (
    "tenantId" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "FormerToken_pkey" PRIMARY KEY ("tenantId","hash")
);

-- CreateTable
CREATE TABLE "WebhookSecret" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "retiredAt" TIMESTAMP(3),

    CONSTRAINT "WebhookSecret_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3),
    "lastUsedAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("tenantId","id")
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

    CONSTRAINT "Stream_pkey" PRIMARY KEY ("tenantId","id")
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
    "createdAt" TIMESTAMP(3) NOT NULL,
    "receivedAt" TIMESTAMP(3) NOT NULL,
    "processedAt" TIMESTAMP(3),
    "status" TEXT NOT NULL,
    "error" TEXT,
    "objectId" TEXT,
    "customerId" TEXT,
    "amount" BIGINT,
    "currency" TEXT,
    "payload" BYTEA,

    CONSTRAINT "StripeEvent_pkey" PRIMARY KEY ("tenantId","stripeId")
);

-- CreateTable
CREATE TABLE "StripeObject" (
    "tenantId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "StripeObject_pkey" PRIMARY KEY ("tenantId","stripeId")
);

-- CreateTable
CREATE TABLE "DetectorSetting" (
    "tenantId" TEXT NOT NULL,
    "detector" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "values" TEXT NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "DetectorSetting_pkey" PRIMARY KEY ("tenantId","detector")
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

    CONSTRAINT "DetectorState_pkey" PRIMARY KEY ("tenantId","stream","detector","key")
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
    "confidence" DOUBLE PRECISION NOT NULL,
    "title" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "advice" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "detectedAt" TIMESTAMP(3) NOT NULL,
    "lastSeenAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,
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
    "acknowledgedAt" TIMESTAMP(3),
    "acknowledgedBy" TEXT,
    "resolvedAt" TIMESTAMP(3),
    "resolvedBy" TEXT,
    "falsePositiveReason" TEXT,
    "note" TEXT,

    CONSTRAINT "Anomaly_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "AnomalyEvent" (
    "tenantId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,

    CONSTRAINT "AnomalyEvent_pkey" PRIMARY KEY ("tenantId","anomalyId","stripeId")
);

-- CreateTable
CREATE TABLE "Activity" (
    "tenantId" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "actorKind" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "anomalyId" TEXT,
    "note" TEXT,
    "data" TEXT,

    CONSTRAINT "Activity_pkey" PRIMARY KEY ("tenantId","seq")
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

    CONSTRAINT "MetricBucket_pkey" PRIMARY KEY ("tenantId","stream","hour","currency")
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

    CONSTRAINT "DeliveryBucket_pkey" PRIMARY KEY ("tenantId","endpointId","slot")
);

-- CreateTable
CREATE TABLE "Wake" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "dueAt" TIMESTAMP(3) NOT NULL,
    "events" TEXT NOT NULL,

    CONSTRAINT "Wake_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "Claim" (
    "tenantId" TEXT NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "retryAt" TIMESTAMP(3),
    "servedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Claim_pkey" PRIMARY KEY ("tenantId")
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

-- AddForeignKey
ALTER TABLE "WebhookEndpoint" ADD CONSTRAINT "WebhookEndpoint_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "FormerToken" ADD CONSTRAINT "FormerToken_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "FormerToken" ADD CONSTRAINT "FormerToken_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint"("tenantId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebhookSecret" ADD CONSTRAINT "WebhookSecret_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebhookSecret" ADD CONSTRAINT "WebhookSecret_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Stream" ADD CONSTRAINT "Stream_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StripeEvent" ADD CONSTRAINT "StripeEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StripeEvent" ADD CONSTRAINT "StripeEvent_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StripeObject" ADD CONSTRAINT "StripeObject_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DetectorSetting" ADD CONSTRAINT "DetectorSetting_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DetectorState" ADD CONSTRAINT "DetectorState_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Anomaly" ADD CONSTRAINT "Anomaly_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnomalyEvent" ADD CONSTRAINT "AnomalyEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnomalyEvent" ADD CONSTRAINT "AnomalyEvent_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnomalyEvent" ADD CONSTRAINT "AnomalyEvent_tenantId_stripeId_fkey" FOREIGN KEY ("tenantId", "stripeId") REFERENCES "StripeEvent"("tenantId", "stripeId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Activity" ADD CONSTRAINT "Activity_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Activity" ADD CONSTRAINT "Activity_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MetricBucket" ADD CONSTRAINT "MetricBucket_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DeliveryBucket" ADD CONSTRAINT "DeliveryBucket_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DeliveryBucket" ADD CONSTRAINT "DeliveryBucket_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Wake" ADD CONSTRAINT "Wake_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Claim" ADD CONSTRAINT "Claim_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

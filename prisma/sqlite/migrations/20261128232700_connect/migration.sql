-- AlterTable
ALTER TABLE "StripeEvent" ADD COLUMN "source" TEXT NOT NULL DEFAULT 'WEBHOOK';

-- CreateTable
CREATE TABLE "StripeConnection" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "account" TEXT,
    "livemode" BOOLEAN NOT NULL,
    "sealed" TEXT NOT NULL,
    "keyHint" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "permissions" TEXT NOT NULL,
    "stripeEndpointId" TEXT,
    "stripeEndpointStatus" TEXT,
    "adopted" BOOLEAN NOT NULL DEFAULT false,
    "creating" TEXT,
    "createdAt" DATETIME NOT NULL,
    "through" DATETIME,
    "atStripe" INTEGER NOT NULL DEFAULT 0,
    "stored" INTEGER NOT NULL DEFAULT 0,
    "filled" INTEGER NOT NULL DEFAULT 0,
    "missing" INTEGER NOT NULL DEFAULT 0,
    "trouble" TEXT,
    "troubleSince" DATETIME,
    "probedAt" DATETIME,
    "reconcileAt" DATETIME,
    "rationSince" DATETIME,
    "rationSpent" INTEGER NOT NULL DEFAULT 0,
    "leaseHolder" TEXT,
    "leaseUntil" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "StripeConnection_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "StripeConnection_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ImportJob" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "connectionId" TEXT,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "read" INTEGER NOT NULL DEFAULT 0,
    "stored" INTEGER NOT NULL DEFAULT 0,
    "startedAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    "finishedAt" DATETIME,
    "error" TEXT,
    "options" TEXT NOT NULL,
    "progress" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "ImportJob_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "ImportJob_tenantId_connectionId_fkey" FOREIGN KEY ("tenantId", "connectionId") REFERENCES "StripeConnection" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "StripeConnection_tenantId_endpointId_key" ON "StripeConnection"("tenantId", "endpointId");

-- CreateIndex
CREATE INDEX "ImportJob_tenantId_startedAt_idx" ON "ImportJob"("tenantId", "startedAt");

-- CreateIndex
CREATE INDEX "ImportJob_state_updatedAt_idx" ON "ImportJob"("state", "updatedAt");

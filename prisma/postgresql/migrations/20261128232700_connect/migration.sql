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
    "createdAt" TIMESTAMP(3) NOT NULL,
    "through" TIMESTAMP(3),
    "atStripe" INTEGER NOT NULL DEFAULT 0,
    "stored" INTEGER NOT NULL DEFAULT 0,
    "filled" INTEGER NOT NULL DEFAULT 0,
    "missing" INTEGER NOT NULL DEFAULT 0,
    "trouble" TEXT,
    "troubleSince" TIMESTAMP(3),
    "probedAt" TIMESTAMP(3),
    "reconcileAt" TIMESTAMP(3),
    "rationSince" TIMESTAMP(3),
    "rationSpent" INTEGER NOT NULL DEFAULT 0,
    "leaseHolder" TEXT,
    "leaseUntil" TIMESTAMP(3),

    CONSTRAINT "StripeConnection_pkey" PRIMARY KEY ("tenantId","id")
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
    "startedAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "error" TEXT,
    "options" TEXT NOT NULL,
    "progress" TEXT NOT NULL,

    CONSTRAINT "ImportJob_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "StripeConnection_tenantId_endpointId_key" ON "StripeConnection"("tenantId", "endpointId");

-- CreateIndex
CREATE INDEX "ImportJob_tenantId_startedAt_idx" ON "ImportJob"("tenantId", "startedAt");

-- CreateIndex
CREATE INDEX "ImportJob_state_updatedAt_idx" ON "ImportJob"("state", "updatedAt");

-- AddForeignKey
ALTER TABLE "StripeConnection" ADD CONSTRAINT "StripeConnection_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StripeConnection" ADD CONSTRAINT "StripeConnection_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImportJob" ADD CONSTRAINT "ImportJob_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImportJob" ADD CONSTRAINT "ImportJob_tenantId_connectionId_fkey" FOREIGN KEY ("tenantId", "connectionId") REFERENCES "StripeConnection"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "StripeConnection" TO billingwatch_app;
GRANT SELECT ON "StripeConnection" TO billingwatch_system;
ALTER TABLE "StripeConnection" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "StripeConnection" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "StripeConnection" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "StripeConnection" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "ImportJob" TO billingwatch_app;
GRANT SELECT ON "ImportJob" TO billingwatch_system;
ALTER TABLE "ImportJob" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "ImportJob" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "ImportJob" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "ImportJob" TO billingwatch_system USING (true);

-- AlterTable
ALTER TABLE "Stream" ADD COLUMN "since" BIGINT,
ADD COLUMN "liveSince" BIGINT;
ALTER TABLE "Anomaly" ADD COLUMN "goneAt" TIMESTAMP(3);
ALTER TABLE "Claim" ADD COLUMN "rebuilding" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "Rebuild" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "options" TEXT NOT NULL,
    "progress" TEXT NOT NULL,
    "result" TEXT,
    "error" TEXT,
    "read" INTEGER NOT NULL DEFAULT 0,
    "stored" INTEGER NOT NULL DEFAULT 0,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "leaseHolder" TEXT,
    "leaseUntil" TIMESTAMP(3),

    CONSTRAINT "Rebuild_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "RebuiltIncident" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "stream" TEXT NOT NULL,
    "data" TEXT NOT NULL,

    CONSTRAINT "RebuiltIncident_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "JudgedMeanwhile" (
    "tenantId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "version" BIGINT NOT NULL,

    CONSTRAINT "JudgedMeanwhile_pkey" PRIMARY KEY ("tenantId","stripeId")
);

-- CreateIndex
CREATE INDEX "Rebuild_state_leaseUntil_idx" ON "Rebuild"("state", "leaseUntil");

-- CreateIndex
CREATE INDEX "JudgedMeanwhile_tenantId_version_idx" ON "JudgedMeanwhile"("tenantId", "version");

-- AddForeignKey
ALTER TABLE "Rebuild" ADD CONSTRAINT "Rebuild_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RebuiltIncident" ADD CONSTRAINT "RebuiltIncident_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "JudgedMeanwhile" ADD CONSTRAINT "JudgedMeanwhile_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "Rebuild" TO billingwatch_app;
GRANT SELECT ON "Rebuild" TO billingwatch_system;
ALTER TABLE "Rebuild" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Rebuild" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Rebuild" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Rebuild" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "RebuiltIncident" TO billingwatch_app;
GRANT SELECT ON "RebuiltIncident" TO billingwatch_system;
ALTER TABLE "RebuiltIncident" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "RebuiltIncident" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "RebuiltIncident" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "RebuiltIncident" TO billingwatch_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "JudgedMeanwhile" TO billingwatch_app;
GRANT SELECT ON "JudgedMeanwhile" TO billingwatch_system;
ALTER TABLE "JudgedMeanwhile" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "JudgedMeanwhile" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "JudgedMeanwhile" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "JudgedMeanwhile" TO billingwatch_system USING (true);

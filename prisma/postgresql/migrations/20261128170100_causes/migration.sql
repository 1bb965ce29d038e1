-- CreateTable
CREATE TABLE "AnomalyCause" (
    "tenantId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "causeId" TEXT NOT NULL,

    CONSTRAINT "AnomalyCause_pkey" PRIMARY KEY ("tenantId","anomalyId","causeId")
);

-- CreateIndex
CREATE INDEX "AnomalyCause_tenantId_causeId_idx" ON "AnomalyCause"("tenantId", "causeId");

-- AddForeignKey
ALTER TABLE "AnomalyCause" ADD CONSTRAINT "AnomalyCause_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnomalyCause" ADD CONSTRAINT "AnomalyCause_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnomalyCause" ADD CONSTRAINT "AnomalyCause_tenantId_causeId_fkey" FOREIGN KEY ("tenantId", "causeId") REFERENCES "Anomaly"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "AnomalyCause" TO billingwatch_app;
GRANT SELECT ON "AnomalyCause" TO billingwatch_system;
ALTER TABLE "AnomalyCause" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AnomalyCause" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AnomalyCause" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AnomalyCause" TO billingwatch_system USING (true);

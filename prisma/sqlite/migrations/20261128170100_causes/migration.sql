-- CreateTable
CREATE TABLE "AnomalyCause" (
    "tenantId" TEXT NOT NULL,
    "anomalyId" TEXT NOT NULL,
    "causeId" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "anomalyId", "causeId"),
    CONSTRAINT "AnomalyCause_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AnomalyCause_tenantId_anomalyId_fkey" FOREIGN KEY ("tenantId", "anomalyId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "AnomalyCause_tenantId_causeId_fkey" FOREIGN KEY ("tenantId", "causeId") REFERENCES "Anomaly" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "AnomalyCause_tenantId_causeId_idx" ON "AnomalyCause"("tenantId", "causeId");

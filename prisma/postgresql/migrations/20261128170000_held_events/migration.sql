-- AlterTable
ALTER TABLE "Stream" ADD COLUMN "heldSince" BIGINT,
ADD COLUMN "heldNewest" BIGINT,
ADD COLUMN "heldCount" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "HeldEvent" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "deliveredAt" BIGINT NOT NULL,
    "facts" TEXT NOT NULL,

    CONSTRAINT "HeldEvent_pkey" PRIMARY KEY ("tenantId","stream","stripeId")
);

-- AddForeignKey
ALTER TABLE "HeldEvent" ADD CONSTRAINT "HeldEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "HeldEvent" TO billingwatch_app;
GRANT SELECT ON "HeldEvent" TO billingwatch_system;
ALTER TABLE "HeldEvent" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "HeldEvent" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "HeldEvent" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "HeldEvent" TO billingwatch_system USING (true);

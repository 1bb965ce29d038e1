-- CreateTable
CREATE TABLE "StripeAnswer" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "through" BIGINT NOT NULL,
    "answered" BOOLEAN NOT NULL,
    "endpoint" TEXT,

    CONSTRAINT "StripeAnswer_pkey" PRIMARY KEY ("tenantId","stream","at")
);

-- AddForeignKey
ALTER TABLE "StripeAnswer" ADD CONSTRAINT "StripeAnswer_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall, as for every other table.
GRANT SELECT, INSERT, UPDATE, DELETE ON "StripeAnswer" TO billingwatch_app;
GRANT SELECT ON "StripeAnswer" TO billingwatch_system;
ALTER TABLE "StripeAnswer" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "StripeAnswer" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "StripeAnswer" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "StripeAnswer" TO billingwatch_system USING (true);

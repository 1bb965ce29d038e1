-- AlterTable
ALTER TABLE "StripeObject" ADD COLUMN "expiresAt" TIMESTAMP(3);

-- DropIndex
DROP INDEX "StripeObject_tenantId_updatedAt_idx";

-- CreateIndex
CREATE INDEX "StripeObject_tenantId_expiresAt_idx" ON "StripeObject"("tenantId", "expiresAt");

-- AlterTable
ALTER TABLE "Stream" ADD COLUMN "heldSince" BIGINT;
ALTER TABLE "Stream" ADD COLUMN "heldNewest" BIGINT;
ALTER TABLE "Stream" ADD COLUMN "heldCount" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "HeldEvent" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "deliveredAt" BIGINT NOT NULL,
    "facts" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "stream", "stripeId"),
    CONSTRAINT "HeldEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

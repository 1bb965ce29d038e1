-- AlterTable
ALTER TABLE "Stream" ADD COLUMN "since" BIGINT;
ALTER TABLE "Stream" ADD COLUMN "liveSince" BIGINT;
ALTER TABLE "Anomaly" ADD COLUMN "goneAt" DATETIME;
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
    "startedAt" DATETIME NOT NULL,
    "finishedAt" DATETIME,
    "leaseHolder" TEXT,
    "leaseUntil" DATETIME,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "Rebuild_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "RebuiltIncident" (
    "tenantId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "stream" TEXT NOT NULL,
    "data" TEXT NOT NULL,

    PRIMARY KEY ("tenantId", "id"),
    CONSTRAINT "RebuiltIncident_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "JudgedMeanwhile" (
    "tenantId" TEXT NOT NULL,
    "stripeId" TEXT NOT NULL,
    "version" BIGINT NOT NULL,

    PRIMARY KEY ("tenantId", "stripeId"),
    CONSTRAINT "JudgedMeanwhile_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Rebuild_state_leaseUntil_idx" ON "Rebuild"("state", "leaseUntil");

-- CreateIndex
CREATE INDEX "JudgedMeanwhile_tenantId_version_idx" ON "JudgedMeanwhile"("tenantId", "version");

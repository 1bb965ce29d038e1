-- AlterTable
ALTER TABLE "DetectorState" ADD COLUMN "expiresAt" BIGINT;

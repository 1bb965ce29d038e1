-- AlterTable
ALTER TABLE "Tenant" ADD COLUMN "country" TEXT;

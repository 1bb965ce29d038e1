-- AlterTable
ALTER TABLE "Tenant" ADD COLUMN "moving" TEXT;

-- AlterTable
ALTER TABLE "Claim" ADD COLUMN "outdated" TEXT;
ALTER TABLE "Claim" ADD COLUMN "rebuiltAs" TEXT;

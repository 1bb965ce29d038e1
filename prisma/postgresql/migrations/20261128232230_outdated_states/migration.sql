-- AlterTable
ALTER TABLE "Claim" ADD COLUMN "outdated" TEXT,
ADD COLUMN "rebuiltAs" TEXT;

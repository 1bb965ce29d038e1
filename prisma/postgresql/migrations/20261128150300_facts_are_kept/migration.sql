-- AlterTable
ALTER TABLE "StripeEvent" ADD COLUMN "facts" TEXT,
ADD COLUMN "factsVersion" INTEGER;

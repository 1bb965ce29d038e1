-- AlterTable
ALTER TABLE "StripeEvent" ADD COLUMN "facts" TEXT;
ALTER TABLE "StripeEvent" ADD COLUMN "factsVersion" INTEGER;

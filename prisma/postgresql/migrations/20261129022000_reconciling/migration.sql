-- AlterTable
ALTER TABLE "StripeConnection" ADD COLUMN "reconciling" TEXT;
ALTER TABLE "StripeConnection" ADD COLUMN "accounts" TEXT NOT NULL DEFAULT '{"proven":[],"denied":[]}';

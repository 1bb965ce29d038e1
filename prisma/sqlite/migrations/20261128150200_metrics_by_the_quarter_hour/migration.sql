-- Counts by the hour stand in the first quarter of it. By way of negative numbers, so that no new slot meets an old hour.
ALTER TABLE "MetricBucket" RENAME COLUMN "hour" TO "slot";
UPDATE "MetricBucket" SET "slot" = -"slot";
UPDATE "MetricBucket" SET "slot" = -"slot" * 4;

-- Each process counts in rows of its own: nobody waits for a row that another, perhaps hung, process has locked.
ALTER TABLE "DeliveryBucket" ADD COLUMN "writer" TEXT NOT NULL DEFAULT '';
ALTER TABLE "DeliveryBucket" DROP CONSTRAINT "DeliveryBucket_pkey";
ALTER TABLE "DeliveryBucket" ADD CONSTRAINT "DeliveryBucket_pkey" PRIMARY KEY ("tenantId", "endpointId", "slot", "writer");

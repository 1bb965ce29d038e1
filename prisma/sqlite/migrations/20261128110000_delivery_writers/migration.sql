-- Each process counts in rows of its own. SQLite cannot change a primary key: the table is made anew.
CREATE TABLE "new_DeliveryBucket" (
    "tenantId" TEXT NOT NULL,
    "endpointId" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,
    "writer" TEXT NOT NULL DEFAULT '',
    "accepted" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "badSignature" INTEGER NOT NULL DEFAULT 0,
    "throttled" INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY ("tenantId", "endpointId", "slot", "writer"),
    CONSTRAINT "DeliveryBucket_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "DeliveryBucket_tenantId_endpointId_fkey" FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_DeliveryBucket" ("tenantId", "endpointId", "slot", "accepted", "duplicates", "badSignature", "throttled")
    SELECT "tenantId", "endpointId", "slot", "accepted", "duplicates", "badSignature", "throttled" FROM "DeliveryBucket";
DROP TABLE "DeliveryBucket";
ALTER TABLE "new_DeliveryBucket" RENAME TO "DeliveryBucket";

-- CreateTable
CREATE TABLE "StripeAnswer" (
    "tenantId" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "through" BIGINT NOT NULL,
    "answered" BOOLEAN NOT NULL,
    "endpoint" TEXT,

    PRIMARY KEY ("tenantId", "stream", "at"),
    CONSTRAINT "StripeAnswer_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

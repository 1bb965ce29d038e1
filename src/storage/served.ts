/** Of tenants `t`: those for which something is done by itself. Not who is cut off, nor who is read-only while it is moved. */
export const SERVED = 't."suspendedAt" IS NULL AND t."deletedAt" IS NULL AND t."moving" IS NULL'

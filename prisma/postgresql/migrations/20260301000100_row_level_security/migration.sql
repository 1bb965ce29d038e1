-- The second wall: whatever the program asks for, a tenant's transaction meets only that tenant's rows. FORCE holds
-- the tables' owner to it as well. The two roles are made by the migrator, for they belong to the whole cluster.

-- What a tenant's transaction may do: anything to its own rows, except to rewrite the feed or to make tenants.
GRANT SELECT, UPDATE, DELETE ON "Tenant" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "WebhookEndpoint" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "WebhookSecret" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "ApiKey" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Stream" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "StripeEvent" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "StripeObject" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "DetectorSetting" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "DetectorState" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Anomaly" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "AnomalyEvent" TO billingwatch_app;
GRANT SELECT, INSERT, DELETE ON "Activity" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "MetricBucket" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "DeliveryBucket" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Wake" TO billingwatch_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Claim" TO billingwatch_app;

-- What the system may do across tenants: look up tokens and keys, make tenants, find due work, keep retention, read
-- for the operator. It cannot write events, anomalies or what detection remembers.
GRANT SELECT, INSERT, UPDATE, DELETE ON "Tenant" TO billingwatch_system;
GRANT SELECT, INSERT, UPDATE ON "WebhookEndpoint" TO billingwatch_system;
GRANT SELECT, INSERT, UPDATE ON "WebhookSecret" TO billingwatch_system;
GRANT SELECT, INSERT, UPDATE ON "ApiKey" TO billingwatch_system;
GRANT SELECT ON "Stream" TO billingwatch_system;
GRANT SELECT, UPDATE, DELETE ON "StripeEvent" TO billingwatch_system;
GRANT SELECT, DELETE ON "StripeObject" TO billingwatch_system;
GRANT SELECT ON "DetectorSetting" TO billingwatch_system;
GRANT SELECT, DELETE ON "DetectorState" TO billingwatch_system;
GRANT SELECT ON "Anomaly" TO billingwatch_system;
GRANT SELECT ON "AnomalyEvent" TO billingwatch_system;
GRANT SELECT, INSERT ON "Activity" TO billingwatch_system;
GRANT SELECT, DELETE ON "MetricBucket" TO billingwatch_system;
GRANT SELECT, DELETE ON "DeliveryBucket" TO billingwatch_system;
GRANT SELECT, DELETE ON "Wake" TO billingwatch_system;
GRANT SELECT, INSERT, UPDATE ON "Claim" TO billingwatch_system;
GRANT SELECT ON "_prisma_migrations" TO billingwatch_system;

-- The setting is empty, not absent, once a transaction that set it has ended: no tenant has an empty id. Asking for it
-- in a subquery asks once for a statement, not once for a row.
ALTER TABLE "Tenant" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Tenant" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Tenant" TO billingwatch_app USING ("id" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Tenant" TO billingwatch_system USING (true);
ALTER TABLE "WebhookEndpoint" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "WebhookEndpoint" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "WebhookEndpoint" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "WebhookEndpoint" TO billingwatch_system USING (true);
ALTER TABLE "WebhookSecret" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "WebhookSecret" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "WebhookSecret" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "WebhookSecret" TO billingwatch_system USING (true);
ALTER TABLE "ApiKey" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "ApiKey" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "ApiKey" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "ApiKey" TO billingwatch_system USING (true);
ALTER TABLE "Stream" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Stream" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Stream" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Stream" TO billingwatch_system USING (true);
ALTER TABLE "StripeEvent" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "StripeEvent" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "StripeEvent" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "StripeEvent" TO billingwatch_system USING (true);
ALTER TABLE "StripeObject" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "StripeObject" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "StripeObject" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "StripeObject" TO billingwatch_system USING (true);
ALTER TABLE "DetectorSetting" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "DetectorSetting" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "DetectorSetting" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "DetectorSetting" TO billingwatch_system USING (true);
ALTER TABLE "DetectorState" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "DetectorState" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "DetectorState" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "DetectorState" TO billingwatch_system USING (true);
ALTER TABLE "Anomaly" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Anomaly" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Anomaly" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Anomaly" TO billingwatch_system USING (true);
ALTER TABLE "AnomalyEvent" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "AnomalyEvent" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "AnomalyEvent" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "AnomalyEvent" TO billingwatch_system USING (true);
ALTER TABLE "Activity" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Activity" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Activity" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Activity" TO billingwatch_system USING (true);
ALTER TABLE "MetricBucket" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "MetricBucket" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "MetricBucket" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "MetricBucket" TO billingwatch_system USING (true);
ALTER TABLE "DeliveryBucket" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "DeliveryBucket" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "DeliveryBucket" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "DeliveryBucket" TO billingwatch_system USING (true);
ALTER TABLE "Wake" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Wake" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Wake" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Wake" TO billingwatch_system USING (true);
ALTER TABLE "Claim" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Claim" FORCE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "Claim" TO billingwatch_app USING ("tenantId" = (SELECT current_setting('app.tenant_id', true)));
CREATE POLICY "all" ON "Claim" TO billingwatch_system USING (true);

-- One row a process, written to see whether anything can be stored. It belongs to no tenant.
CREATE TABLE "_probe" ("id" TEXT PRIMARY KEY NOT NULL, "at" TIMESTAMP(3) NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON "_probe" TO billingwatch_system;
ALTER TABLE "_probe" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "_probe" FORCE ROW LEVEL SECURITY;
CREATE POLICY "none" ON "_probe" TO billingwatch_app USING (false);
CREATE POLICY "all" ON "_probe" TO billingwatch_system USING (true);

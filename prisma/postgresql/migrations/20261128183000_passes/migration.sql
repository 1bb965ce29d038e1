-- Who has events waiting, tenant by tenant, and whose timer is due: looked for by steps that pass over all other wakes.
CREATE INDEX "Wake_waiting_idx" ON "Wake"("tenantId", "dueAt") WHERE "events" <> '[]';
CREATE INDEX "Wake_timer_idx" ON "Wake"("tenantId", "dueAt") WHERE "events" = '[]';
CREATE INDEX "Wake_timers_due_idx" ON "Wake"("dueAt") WHERE "events" = '[]';

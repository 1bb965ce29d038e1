import { DETECTOR_NAMES } from '../../detection/detector.ts'
import { newId } from '../../ids.ts'
import { startRebuild } from '../../storage/rebuild/jobs.ts'
import { resolveMoment } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { actingOf, scopeOf } from '../context.ts'
import { type JobView, rebuildView } from '../read/import-jobs.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { ImportJob } from './import-job.ts'

const RebuildTenantInput = builder.inputType('RebuildTenantInput', {
  description: 'Input of rebuildTenant.',
  fields: (t) => ({
    detectors: t.field({
      type: [DetectorNameEnum],
      description: 'Only what these know and have found is exchanged; left out: all.',
    }),
    from: t.field({
      type: 'DateTime',
      description: 'Anomalies that were detected before are left as they are.',
    }),
    dryRun: t.boolean({
      description: 'Changes nothing: the result says what would be new, gone and changed.',
    }),
  }),
})

const RebuildTenantPayload = builder.objectRef<{ job: JobView }>('RebuildTenantPayload').implement({
  description: 'Payload of rebuildTenant.',
  fields: (t) => ({
    job: t.expose('job', { type: ImportJob, description: 'The work; importProgress follows it.' }),
  }),
})

builder.mutationFields((t) => ({
  rebuildTenant: t.field({
    type: RebuildTenantPayload,
    nullable: true,
    authScopes: { admin: true },
    description:
      "Judges the tenant's past anew in the background, from the facts that are kept of its events, by the present settings, and exchanges states and anomalies in one commit. While one runs the same again is that one, another is CONFLICT. ADMIN.",
    args: { input: t.arg({ type: RebuildTenantInput, required: true, description: 'What is rebuilt.' }) },
    resolve: async (_root, { input: { detectors, from, dryRun } }, context) => {
      const scope = scopeOf(context)
      const { actor, clock } = actingOf(context)
      const job = await startRebuild(
        scope,
        {
          detectors: DETECTOR_NAMES.filter((name) => detectors?.includes(name)),
          from: from ? (await resolveMoment(scope, from)).toISOString() : null,
          dryRun: dryRun ?? false,
          actor,
        },
        { id: newId('imp'), now: clock.now() },
      )
      return { job: rebuildView(job) }
    },
  }),
}))

import type { DetectorName } from '../../detection/detector.ts'
import type { Choices } from '../../detection/engine/choices.ts'
import type { RaisedIncident } from '../../detection/engine/forgetful.ts'
import { pairUp } from '../../detection/engine/pairing.ts'
import { badInput, PublicError } from '../../errors.ts'
import { type Previewed, preview } from '../../pipeline/preview.ts'
import { proposedChoice } from '../../tenancy/detector-choices.ts'
import { type DateRange, type MomentRange, resolveRange } from '../../tenancy/local-time.ts'
import { type Seconds, stopwatch, toDate, toSeconds } from '../../time.ts'
import { builder } from '../builder.ts'
import { type Context, scopeOf } from '../context.ts'
import { DateTimeRange } from './date-time-range.ts'
import { DetectorSettingInput } from './detector.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { PreviewedAnomaly, type PreviewedIncident } from './previewed-anomaly.ts'

interface Wanted {
  name: DetectorName
  enabled?: boolean | null | undefined
  settings?: readonly { name: string; value: number }[] | null | undefined
  range: MomentRange
}

/** Which anomalies are counted. */
interface Counted extends DateRange {
  name: DetectorName
}

interface Preview {
  progress: number
  events: number
  judgedFrom: Date
  presentCount: number
  proposedCount: number
  removed: readonly PreviewedIncident[]
  added: readonly PreviewedIncident[]
  changed: readonly PreviewedIncident[]
}

const DetectorPreview = builder.objectRef<Preview>('DetectorPreview').implement({
  description:
    "How a detector's anomalies would stand with other settings, as far as the past is tried by now.",
  fields: (t) => ({
    progress: t.exposeFloat('progress', {
      description: '0 to 1; with 1 it is complete, and nothing follows.',
    }),
    events: t.exposeInt('events', { description: 'Events that were judged so far.' }),
    judgedFrom: t.expose('judgedFrom', {
      type: 'DateTime',
      description: 'When the first of them was delivered: the past is judged from there on an empty history.',
    }),
    presentCount: t.exposeInt('presentCount', {
      description: "The detector's anomalies in the range, by `detectedAt`, with the present settings.",
    }),
    proposedCount: t.exposeInt('proposedCount', { description: 'The same with the proposed settings.' }),
    removed: t.expose('removed', {
      type: [PreviewedAnomaly],
      description: 'Of the present ones those that there would not be.',
    }),
    added: t.expose('added', {
      type: [PreviewedAnomaly],
      description: 'Those that there would be in addition.',
    }),
    changed: t.expose('changed', {
      type: [PreviewedAnomaly],
      description: 'Those of another severity, as they would be.',
    }),
  }),
})

/** Milliseconds between two results: more often nobody reads them. */
const EVERY = 500

/** @throws PublicError BAD_USER_INPUT, RATE_LIMITED before anything is sent */
async function previewed(context: Context, wanted: Wanted): Promise<AsyncGenerator<Preview>> {
  const { services, connection } = context
  const scope = scopeOf(context)
  const detector = services.detectors.find(({ name }) => name === wanted.name)
  if (detector === undefined) throw badInput(['name'], `There is no detector ${wanted.name}.`)
  const { name, enabled, settings } = wanted
  const proposedOf = (present: Choices): Choices =>
    new Map([...present, [name, proposedChoice(detector, present.get(name), { enabled, settings })]])
  // What is wrong with the settings is said before anything is begun.
  proposedOf(new Map())
  const range = await resolveRange(scope, wanted.range)
  const giveBack = await services.previews.take(scope.tenantId)
  const slot = await connection.open().catch((error: unknown) => {
    giveBack()
    throw error
  })
  const parts = {
    detectors: services.detectors,
    sql: scope.sql,
    tenantId: scope.tenantId,
    wall: services.clock.now(),
  }
  return results(preview(parts, proposedOf), { name, ...range }, parts.wall, slot.signal, () => {
    slot.close()
    giveBack()
  })
}

async function* results(
  found: AsyncGenerator<Previewed>,
  wanted: Counted,
  wall: Date,
  signal: AbortSignal,
  onEnd: () => void,
): AsyncGenerator<Preview> {
  let saidAt = Number.NEGATIVE_INFINITY
  try {
    for await (const one of found) {
      if (signal.aborted) break
      if (one.progress < 1 && stopwatch() - saidAt < EVERY) continue
      saidAt = stopwatch()
      yield previewOf(one, wanted, wall)
    }
    if (signal.reason instanceof PublicError) throw signal.reason
  } finally {
    onEnd()
  }
}

function previewOf(
  { progress, events, judgedFrom, ...found }: Previewed,
  wanted: Counted,
  wall: Date,
): Preview {
  const [from, to] = [secondsOf(wanted.from), secondsOf(wanted.to)]
  const counted = (raised: readonly RaisedIncident[]) =>
    raised
      .filter(
        ({ incident: { detector, detectedAt } }) =>
          detector === wanted.name &&
          detectedAt >= (from ?? 0) &&
          detectedAt < (to ?? Number.POSITIVE_INFINITY),
      )
      .map((one) => ({ incident: one.incident, stream: one.stream.id, one: { ...one, wall } }))
  const [present, proposed] = [counted(found.present), counted(found.proposed)]
  const { pairs, onlyFirst, onlySecond } = pairUp(present, proposed)
  return {
    progress,
    events,
    judgedFrom: judgedFrom === undefined ? wall : toDate(judgedFrom),
    presentCount: present.length,
    proposedCount: proposed.length,
    removed: onlyFirst.map(({ one }) => one),
    added: onlySecond.map(({ one }) => one),
    changed: pairs.flatMap(([was, is]) => (was.incident.severity === is.incident.severity ? [] : [is.one])),
  }
}

const secondsOf = (date: Date | undefined): Seconds | undefined => (date ? toSeconds(date) : undefined)

builder.subscriptionFields((t) => ({
  detectorPreview: t.field({
    type: DetectorPreview,
    authScopes: { member: true },
    description:
      "What if: judges the tenant's stored events with the present and with proposed settings of a detector, stores nothing, and completes at progress 1. One at a time a tenant, else RATE_LIMITED. MEMBER.",
    complexity: { field: 500, multiplier: 1 },
    args: {
      name: t.arg({ type: DetectorNameEnum, required: true, description: 'Which detector.' }),
      enabled: t.arg.boolean({ description: 'Whether it would raise anomalies; left out: as now.' }),
      settings: t.arg({ type: [DetectorSettingInput], description: 'Values to try; others stay as now.' }),
      range: t.arg({
        type: DateTimeRange,
        required: true,
        description: 'Which anomalies count, by `detectedAt`.',
      }),
    },
    subscribe: (_root, args, context) => previewed(context, args),
    resolve: (one) => one,
  }),
}))

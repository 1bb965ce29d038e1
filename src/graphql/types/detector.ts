import type { Setting, Severity as SeverityName } from '../../detection/detector.ts'
import { PublicError } from '../../errors.ts'
import { composeId } from '../../ids.ts'
import { configureDetector } from '../../tenancy/detector-choices.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import {
  type DetectorView,
  readDetectors,
  readStats,
  type DetectorStats as StatsShape,
  viewOf,
} from '../read/detectors.ts'
import { typesOf } from '../read/listened.ts'
import { STATEMENT } from './connection.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { backBy } from './last-seconds.ts'
import { Node } from './node.ts'
import { Severity } from './severity.ts'
import { Unit } from './unit.ts'

interface SettingView {
  name: string
  setting: Setting
  value: number
}

const DetectorSetting = builder.objectRef<SettingView>('DetectorSetting').implement({
  description: 'One setting of a detector.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Stays the same; configureDetector takes it.' }),
    description: t.string({ description: 'What it does.', resolve: ({ setting }) => setting.description }),
    unit: t.field({
      type: Unit,
      description: 'Unit of the numbers.',
      resolve: ({ setting }) => setting.unit,
    }),
    currency: t.string({
      nullable: true,
      description: 'With unit MONEY: ISO 4217, where it holds for one currency only.',
      resolve: () => null,
    }),
    value: t.exposeFloat('value', { description: 'The present value.' }),
    default: t.float({
      description: 'The value until it is set.',
      resolve: ({ setting }) => setting.default,
    }),
    min: t.float({ description: 'Smallest value that is accepted.', resolve: ({ setting }) => setting.min }),
    max: t.float({ description: 'Largest value that is accepted.', resolve: ({ setting }) => setting.max }),
  }),
})

export const SeverityCount = builder
  .objectRef<{ severity: SeverityName; count: number }>('SeverityCount')
  .implement({
    description: 'How many anomalies have a severity.',
    fields: (t) => ({
      severity: t.expose('severity', { type: Severity, description: 'The severity.' }),
      count: t.exposeInt('count', { description: 'How many.' }),
    }),
  })

const DetectorStats = builder.objectRef<StatsShape>('DetectorStats').implement({
  description: 'Anomalies that a detector has raised, by `detectedAt`.',
  fields: (t) => ({
    anomalies: t.exposeInt('anomalies', { description: 'All of them.' }),
    falsePositives: t.exposeInt('falsePositives', { description: 'Those marked as false positives.' }),
    bySeverity: t.expose('bySeverity', {
      type: [SeverityCount],
      description: 'All of them by severity, lowest first, with zeros.',
    }),
  }),
})

export const Detector = builder.objectRef<DetectorView>('Detector').implement({
  description: 'A rule that detects one kind of problem, with the settings of this tenant.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Starts with `det_`.',
      resolve: ({ tenantId, detector }) => composeId('det', tenantId, detector.name),
    }),
    name: t.field({
      type: DetectorNameEnum,
      description: 'Its name.',
      resolve: ({ detector }) => detector.name,
    }),
    title: t.string({ description: 'A few words.', resolve: ({ detector }) => detector.title }),
    description: t.string({
      description: 'What it detects, and when.',
      resolve: ({ detector }) => detector.description,
    }),
    listensTo: t.stringList({
      description: 'The Stripe event types that it reads.',
      resolve: ({ detector }) => typesOf(detector.facts),
    }),
    enabled: t.boolean({
      description: 'Whether it raises anomalies.',
      resolve: ({ choice }) => choice.enabled,
    }),
    selfResolving: t.boolean({
      description:
        'Whether its anomalies are resolved by themselves when the behaviour ends; others wait for a person.',
      resolve: ({ detector }) => detector.selfResolving,
    }),
    settings: t.field({
      type: [DetectorSetting],
      description: 'Its settings.',
      complexity: { field: 1, multiplier: 3 },
      resolve: ({ detector, choice }): SettingView[] =>
        Object.entries(detector.settings).map(([name, setting]) => ({
          name,
          setting,
          value: choice.values[name] ?? setting.default,
        })),
    }),
    stats: t.field({
      type: DetectorStats,
      description: 'Anomalies that it has raised recently.',
      complexity: STATEMENT,
      args: {
        lastSeconds: t.arg.int({
          required: true,
          defaultValue: 604_800,
          description: 'How many seconds of event time up to now.',
        }),
      },
      resolve: ({ detector }, { lastSeconds }, context) => {
        const now = context.services.clock.now().getTime()
        return readStats(scopeOf(context), detector.name, new Date(now - backBy(lastSeconds) * 1_000))
      },
    }),
  }),
})

export const DetectorSettingInput = builder.inputType('DetectorSettingInput', {
  description: 'A value for one setting.',
  fields: (t) => ({
    name: t.string({ required: true, description: "The setting's name." }),
    value: t.float({ required: true, description: "In the setting's unit, from its `min` to its `max`." }),
  }),
})

const ConfigureDetectorInput = builder.inputType('ConfigureDetectorInput', {
  description: 'Input of configureDetector; what is left out stays.',
  fields: (t) => ({
    name: t.field({ type: DetectorNameEnum, required: true, description: 'Which detector.' }),
    enabled: t.boolean({ description: 'Whether it raises anomalies.' }),
    settings: t.field({ type: [DetectorSettingInput], description: 'Values to set.' }),
  }),
})

const ConfigureDetectorPayload = builder
  .objectRef<{ detector: DetectorView }>('ConfigureDetectorPayload')
  .implement({
    description: 'Payload of configureDetector.',
    fields: (t) => ({
      detector: t.expose('detector', { type: Detector, description: 'The detector after the mutation.' }),
    }),
  })

builder.queryField('detectors', (t) =>
  t.field({
    type: [Detector],
    nullable: true,
    authScopes: { viewer: true },
    description: 'Every detector with the settings of this tenant.',
    complexity: { field: 1, multiplier: 12 },
    resolve: (_root, _args, context) => readDetectors(scopeOf(context), context.services.detectors),
  }),
)

builder.mutationField('configureDetector', (t) =>
  t.field({
    type: ConfigureDetectorPayload,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Enables or disables a detector or changes its settings, for events detected on from now on. ADMIN.',
    args: { input: t.arg({ type: ConfigureDetectorInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const detector = context.services.detectors.find(({ name }) => name === input.name)
      if (!detector) throw new PublicError('NOT_FOUND', `There is no detector ${input.name} here.`)
      const choice = await configureDetector(scope, actingOf(context), detector, input)
      publishAct(context, scope.tenantId)
      return { detector: viewOf(scope.tenantId, detector, choice) }
    },
  }),
)

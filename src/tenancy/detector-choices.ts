import type { AnyDetector } from '../detection/detector.ts'
import { type DetectorChoice, UNTOUCHED } from '../detection/engine/choices.ts'
import { PublicError } from '../errors.ts'
import { recordActivity } from '../storage/activity.ts'
import { toNumbers } from '../storage/detection/parsing.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Acting } from './acting.ts'

export interface DetectorChanges {
  enabled?: boolean | null | undefined
  settings?: readonly { name: string; value: number }[] | null | undefined
}

/** The tenant's choices by detector; one without any is not in it. */
export async function readChoices({
  db,
  tenantId,
}: Pick<Scope, 'db' | 'tenantId'>): Promise<Map<string, DetectorChoice>> {
  const rows = await db.detectorSetting.findMany({ where: { tenantId } })
  return new Map(
    rows.map(({ detector, enabled, values }) => [detector, { enabled, values: toNumbers(values) }]),
  )
}

/**
 * Changes what is given and leaves the rest; it holds for what is judged from then on.
 * @returns the tenant's choice after it
 * @throws PublicError BAD_USER_INPUT with an issue for each setting that is unknown or out of its bounds
 */
export async function configureDetector(
  scope: Scope,
  { actor, clock }: Pick<Acting, 'actor' | 'clock'>,
  detector: AnyDetector,
  changes: DetectorChanges,
): Promise<DetectorChoice> {
  const wanted = checked(detector, changes.settings ?? [])
  const { tenantId } = scope
  const now = clock.now()
  return scope.transaction(async (db) => {
    // A batch that is being judged by the old settings is judged again.
    await raiseVersion(db, tenantId)
    const before = await readChoice(db, tenantId, detector)
    const after = { enabled: changes.enabled ?? before.enabled, values: { ...before.values, ...wanted } }
    const isSame =
      before.enabled === after.enabled &&
      Object.entries(wanted).every(
        ([name, value]) => (before.values[name] ?? detector.settings[name]?.default) === value,
      )
    if (isSame) return before
    const row = { enabled: after.enabled, values: JSON.stringify(after.values), updatedAt: now }
    await db.detectorSetting.upsert({
      where: { tenantId_detector: { tenantId, detector: detector.name } },
      create: { tenantId, detector: detector.name, ...row },
      update: row,
    })
    const data = {
      detector: detector.name,
      enabled: after.enabled,
      settings: wanted,
      former: {
        enabled: before.enabled,
        settings: Object.fromEntries(
          Object.keys(wanted).map((name) => [name, before.values[name] ?? detector.settings[name]?.default]),
        ),
      },
    }
    await recordActivity(db, tenantId, [{ at: now, kind: 'DETECTOR_CONFIGURED', actor, data }])
    return after
  })
}

/**
 * What `configureDetector` would make of a choice.
 * @throws PublicError as it does
 */
export const proposedChoice = (
  detector: AnyDetector,
  present: DetectorChoice | undefined,
  changes: DetectorChanges,
): DetectorChoice => {
  const { enabled, values } = present ?? UNTOUCHED
  return {
    enabled: changes.enabled ?? enabled,
    values: { ...values, ...checked(detector, changes.settings ?? []) },
  }
}

async function readChoice(
  db: TenantClient,
  tenantId: string,
  { name }: AnyDetector,
): Promise<DetectorChoice> {
  const row = await db.detectorSetting.findFirst({ where: { tenantId, detector: name } })
  return row ? { enabled: row.enabled, values: toNumbers(row.values) } : UNTOUCHED
}

function checked(
  { name: detector, settings }: AnyDetector,
  given: readonly { name: string; value: number }[],
): Record<string, number> {
  const issues = given.flatMap(({ name, value }, index) => {
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined
    const path = ['settings', index]
    if (!setting) {
      const known = Object.keys(settings).join(', ')
      const message = `${detector} has no setting ${name}; it has ${known || 'none'}.`
      return [{ path: [...path, 'name'], code: 'UNKNOWN_SETTING', message }]
    }
    if (given.findIndex((other) => other.name === name) < index)
      return [{ path: [...path, 'name'], code: 'DUPLICATE', message: `${name} is given twice.` }]
    if (value >= setting.min && value <= setting.max) return []
    const message = `${name} must be from ${setting.min} to ${setting.max}.`
    return [{ path: [...path, 'value'], code: 'OUT_OF_RANGE', message }]
  })
  if (issues.length > 0) {
    throw new PublicError('BAD_USER_INPUT', issues.map(({ message }) => message).join(' '), { issues })
  }
  return Object.fromEntries(given.map(({ name, value }) => [name, value]))
}

import type { AlertChannel, AlertDelivery } from '../generated/sqlite/client.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import { countRefused } from './addresses.ts'
import type { Answer, Channel, Outcome } from './channels/channel.ts'
import { disableChannel } from './disable.ts'
import { failingSince, isTooLong } from './failing.ts'
import { MAX_REFUSALS, pauseAfter, retryAt } from './retries.ts'
import type { SendingParts } from './sending-parts.ts'

/** An attempt that was made, and what the provider answered. */
export interface Attempt {
  channel: AlertChannel
  kind: Channel
  delivery: AlertDelivery
  answer: Answer
  milliseconds: number
  outcome: Outcome
}

/** Characters of an answer that are kept for ADMINs. */
const KEPT_ANSWER = 256

/** Writes down what came of an attempt: the delivery, the provider's reference, the standing of the channel. */
export async function recordOutcome(
  { clock, chance, feedGrew }: Pick<SendingParts, 'clock' | 'chance' | 'feedGrew'>,
  scope: Scope,
  attempt: Attempt,
): Promise<void> {
  const { tenantId } = scope
  const now = clock.now()
  const isDisabled = await scope.transaction(async (db) => {
    await keepAttempt(db, attempt, now)
    const { outcome, channel, answer } = attempt
    if (channel.kind === 'EMAIL') await countRefused(db, channel, answer)
    if (outcome.type === 'delivered') {
      await markDelivered(db, attempt, now)
      return false
    }
    await markNotDelivered(db, attempt, outcome, { now, chance: chance() })
    const failing = await countFailure(db, attempt, outcome, now)
    const reason = failing && reasonToDisable(failing, outcome, now)
    if (!reason) return false
    await disableChannel(db, failing, reason, now)
    return true
  })
  if (isDisabled) feedGrew(tenantId)
}

async function keepAttempt(
  db: TenantClient,
  { delivery: { tenantId, id }, answer, milliseconds, outcome }: Attempt,
  now: Date,
): Promise<void> {
  const { status, error, text } = answer
  // Those from before somebody had it tried anew are kept beside the others.
  const before = await db.alertAttempt.aggregate({ where: { tenantId, deliveryId: id }, _max: { n: true } })
  await db.alertAttempt.create({
    data: {
      tenantId,
      deliveryId: id,
      n: (before._max.n ?? 0) + 1,
      at: now,
      milliseconds,
      status: status ?? null,
      error: outcome.type === 'delivered' ? null : (error ?? outcome.reason),
      answer: text === undefined ? null : storable(text.slice(0, KEPT_ANSWER)),
    },
  })
}

/** PostgreSQL takes no NUL, and half a pair is no text. */
const storable = (text: string): string => Buffer.from(text.replaceAll('\0', '')).toString()

async function markDelivered(
  db: TenantClient,
  { channel, delivery, answer }: Attempt,
  now: Date,
): Promise<void> {
  const { tenantId, id, conversationId, seq } = delivery
  const data = { state: 'DELIVERED', why: null, deliveredAt: now, body: null, progress: null }
  // Also where a newer one superseded it while it was under way: it did arrive.
  await db.alertDelivery.updateMany({ where: { tenantId, id }, data })
  await db.alertDelivery.updateMany({
    where: { tenantId, digestId: id, state: 'WAITING' },
    data: { state: 'DELIVERED', deliveredAt: now },
  })
  if (conversationId !== null) {
    await db.alertMessage.updateMany({
      where: { tenantId, channelId: channel.id, anomalyId: conversationId, lastSeq: { lte: seq } },
      data: { lastSeq: seq, ...(answer.reference !== undefined && { reference: answer.reference }) },
    })
  }
  if (channel.failuresInRow === 0 && channel.refusalsInRow === 0 && channel.failingSince === null) return
  await db.alertChannel.updateMany({
    where: { tenantId, id: channel.id },
    data: { failingSince: null, failuresInRow: 0, refusalsInRow: 0, notBefore: null },
  })
}

async function markNotDelivered(
  db: TenantClient,
  { kind, delivery, answer }: Attempt,
  outcome: Exclude<Outcome, { type: 'delivered' }>,
  { now, chance }: { now: Date; chance: number },
): Promise<void> {
  const { tenantId, id, attempts, firstAttemptAt, reason } = delivery
  const { retryFor } = kind
  const began = firstAttemptAt ?? now
  const next = nextAttempt(outcome, { attempts, firstAttemptAt: began, now, retryFor, chance })
  if (next !== undefined && reason !== 'TEST') {
    await db.alertDelivery.updateMany({
      where: { tenantId, id, state: 'WAITING' },
      data: { dueAt: next, why: outcome.reason, progress: answer.progress ?? delivery.progress },
    })
    return
  }
  await db.alertDelivery.updateMany({
    where: { tenantId, OR: [{ id }, { digestId: id }], state: 'WAITING' },
    data: { state: 'FAILED', why: outcome.reason },
  })
}

function nextAttempt(
  outcome: Outcome,
  timing: Parameters<typeof retryAt>[1] & { attempts: number },
): Date | undefined {
  if (outcome.type !== 'retry') return undefined
  if (outcome.afterSeconds === undefined) return retryAt(timing.attempts, timing)
  const at = new Date(timing.now.getTime() + outcome.afterSeconds * 1_000)
  return at.getTime() - timing.firstAttemptAt.getTime() <= timing.retryFor * 1_000 ? at : undefined
}

/** @returns the channel as it stands then; undefined when it was deleted meanwhile */
async function countFailure(
  db: TenantClient,
  { channel: { tenantId, id }, delivery }: Attempt,
  outcome: Outcome,
  now: Date,
): Promise<AlertChannel | undefined> {
  const channel = await db.alertChannel.findFirst({ where: { tenantId, id } })
  // A test says nothing of how alerts fare.
  if (channel === null || delivery.reason === 'TEST') return undefined
  const failuresInRow = channel.failuresInRow + 1
  const asked = outcome.type === 'retry' ? outcome.afterSeconds : undefined
  const pause = asked ?? pauseAfter(failuresInRow)
  const [changed] = await db.alertChannel.updateManyAndReturn({
    where: { tenantId, id },
    data: {
      failuresInRow,
      failingSince: await failingSince(db, channel, now),
      refusalsInRow: outcome.type === 'failed' ? channel.refusalsInRow + 1 : channel.refusalsInRow,
      ...(pause > 0 && { notBefore: new Date(now.getTime() + pause * 1_000) }),
    },
  })
  return changed
}

function reasonToDisable(
  { state, refusalsInRow, failingSince: since }: AlertChannel,
  outcome: Exclude<Outcome, { type: 'delivered' }>,
  now: Date,
): string | undefined {
  if (state !== 'ACTIVE') return undefined
  if (outcome.type === 'gone') return outcome.reason
  if (refusalsInRow >= MAX_REFUSALS) return `${MAX_REFUSALS} refusals in a row: ${outcome.reason}`
  if (since === null || !isTooLong(since, now)) return undefined
  return `every attempt has failed for 5 days: ${outcome.reason}`
}

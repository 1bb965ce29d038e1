import type { AlertChannel, AlertDelivery } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Vault } from '../tenancy/vault.ts'
import { stopwatch } from '../time.ts'
import type { Answer, Channel, OpenChannel, Outcome, Recipient } from './channels/channel.ts'
import { composeDelivery } from './compose-delivery.ts'
import { linkToken } from './links.ts'
import { openChannel, signingSecrets } from './open-channel.ts'
import { recordOutcome } from './outcome.ts'
import type { SendingParts } from './sending-parts.ts'

/** Nothing takes longer: an attempt ends before what is left of its channel's lease, at least three quarters of a minute. */
const ATTEMPT_MS = 40_000

/** @returns what came of it; undefined: it was no longer to be sent */
export async function attemptDelivery(
  parts: SendingParts,
  scope: Scope,
  channel: AlertChannel,
  deliveryId: string,
): Promise<Outcome | undefined> {
  const { tenantId, db } = scope
  const { kind, open } = openChannel(parts.channels, parts.vault, channel)
  const found = await db.alertDelivery.findFirst({ where: { tenantId, id: deliveryId } })
  if (found === null) return undefined
  const delivery = await begin(parts, scope, { channel, kind, open, delivery: found })
  if (delivery === undefined) return undefined
  const started = stopwatch()
  const about = { tenant: tenantId, channel: channel.id, kind: channel.kind, attempt: delivery.attempts }
  const answer = await parts.tracer.span('alert', about, async (span) => {
    const got = await send(parts, scope, { channel, kind, open, delivery })
    span.set({ outcome: kind.classify(got).type })
    return got
  })
  const milliseconds = Math.round(stopwatch() - started)
  const outcome = withoutSecrets(kind.classify(answer), open.secrets)
  report(parts, kind, channel, delivery, outcome)
  const shown = withoutSecrets(answer, open.secrets)
  await recordOutcome(parts, scope, { channel, kind, delivery, answer: shown, milliseconds, outcome })
  return outcome
}

interface Attempted {
  channel: AlertChannel
  kind: Channel
  open: OpenChannel
  delivery: AlertDelivery
}

/**
 * Writes the attempt down before anything leaves, with the body that every retry sends too.
 * @returns undefined when meanwhile the delivery was superseded or sent, or has to report another anomaly as well
 */
async function begin(
  { clock, baseUrl }: SendingParts,
  scope: Scope,
  { kind, open, delivery }: Attempted,
): Promise<AlertDelivery | undefined> {
  const { tenantId, id } = delivery
  const now = clock.now()
  const body =
    delivery.body ?? open.render(await composeDelivery(scope, kind, delivery, { baseUrl: baseUrl(), now }))
  const [begun] = await scope.db.alertDelivery.updateManyAndReturn({
    where: { tenantId, id, state: 'WAITING', attempts: delivery.attempts, joined: delivery.joined },
    data: { body, attempts: { increment: 1 }, firstAttemptAt: delivery.firstAttemptAt ?? now },
  })
  return begun
}

async function send(
  { clock, vault, baseUrl }: SendingParts,
  { db, tenantId }: Scope,
  { channel, open, delivery }: Attempted,
): Promise<Answer> {
  const { conversationId, id, body, progress } = delivery
  const now = clock.now()
  const message =
    conversationId === null
      ? null
      : await db.alertMessage.findFirst({
          where: { tenantId, channelId: channel.id, anomalyId: conversationId },
        })
  const signal = AbortSignal.timeout(ATTEMPT_MS)
  try {
    return await open.send({
      deliveryId: id,
      conversationId: conversationId ?? undefined,
      body: body ?? '',
      at: now,
      previous: message?.reference ?? undefined,
      progress: progress ?? undefined,
      secrets: signingSecrets(vault, channel, now),
      recipients: await recipientsOf(db, channel, { vault, baseUrl: baseUrl() }),
      signal,
    })
  } catch (error) {
    return { error: signal.aborted ? 'no answer in time' : `the connection failed${codeOf(error)}` }
  }
}

/** A receiver may say back what it was asked for: an address, a token. None of that is kept, logged or shown. */
function withoutSecrets<Said extends Outcome | Answer>(said: Said, secrets: readonly string[]): Said {
  const hide = (words: string): string =>
    secrets.reduce((text, secret) => text.replaceAll(secret, '…'), words)
  return {
    ...said,
    ...('text' in said && said.text !== undefined && { text: hide(said.text) }),
    ...('error' in said && said.error !== undefined && { error: hide(said.error) }),
    ...('reason' in said && { reason: hide(said.reason) }),
  }
}

/** Messages of errors may quote what they failed on; codes do not. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''

function report(
  { log, metrics }: SendingParts,
  { kind }: Channel,
  { tenantId, id }: AlertChannel,
  delivery: AlertDelivery,
  outcome: Outcome,
): void {
  if (outcome.type === 'delivered') {
    metrics.alertsSent.inc({ kind })
    return
  }
  metrics.alertsFailed.inc({ kind })
  log.warn(
    {
      tenant: tenantId,
      channel: id,
      delivery: delivery.id,
      attempt: delivery.attempts,
      reason: outcome.reason,
    },
    'an alert was not delivered',
  )
}

async function recipientsOf(
  db: Scope['db'],
  { tenantId, id, kind }: AlertChannel,
  { vault, baseUrl }: { vault: Vault; baseUrl: string },
): Promise<Recipient[]> {
  if (kind !== 'EMAIL') return []
  const verified = await db.alertAddress.findMany({
    where: { tenantId, channelId: id, state: 'VERIFIED' },
    orderBy: { address: 'asc' },
  })
  return verified.map(({ address }) => {
    const link = { purpose: 'unsubscribe', tenantId, channelId: id, address, verificationId: '' } as const
    return { address, unsubscribeUrl: `${baseUrl}/alerts/unsubscribe/${linkToken(vault, link)}` }
  })
}

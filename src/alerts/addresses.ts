import { randomInt } from 'node:crypto'
import { badInput, PublicError } from '../errors.ts'
import type { AlertChannel, AlertVerification } from '../generated/sqlite/client.ts'
import { randomBase62, sha256 } from '../ids.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import type { Answer } from './channels/channel.ts'
import { linkToken, type MailLink } from './links.ts'
import { findChannel, usableState } from './manage.ts'
import { openChannel } from './open-channel.ts'
import type { SendingParts } from './sending-parts.ts'

const DAY_MS = 86_400_000
/** Wrong codes that one mail takes. */
const MAX_TRIES = 5
/** Mails that ask in 24 hours: one address, whoever asks it, and one tenant. */
const MAX_OF_ADDRESS = 3
const MAX_OF_TENANT = 50

const SENDING_MS = 20_000

/** Asks every address of a new channel; one that cannot be asked now stays UNVERIFIED, and can be asked again. */
export async function askAddresses(parts: SendingParts, scope: Scope, channel: AlertChannel): Promise<void> {
  const { tenantId, id: channelId } = channel
  for (const { address } of await scope.db.alertAddress.findMany({ where: { tenantId, channelId } })) {
    await sendVerification(parts, scope, channelId, address).catch((error: unknown) => {
      if (!(error instanceof PublicError)) throw error
      parts.log.warn({ tenant: tenantId, channel: channelId, reason: error.code }, 'an address was not asked')
    })
  }
}

/**
 * Mails an address a link and a code, by which its owner agrees.
 * @throws PublicError NOT_FOUND; CONFLICT when it is verified; RATE_LIMITED; UNAVAILABLE when the mail could not be sent
 */
export async function sendVerification(
  parts: SendingParts,
  scope: Scope,
  channelId: string,
  address: string,
): Promise<void> {
  const { tenantId, db } = scope
  const channel = await findChannel(scope, channelId)
  const found = await findAddress(db, channel, address)
  if (found.state === 'VERIFIED') throw new PublicError('CONFLICT', `${address} is verified already`)
  const now = parts.clock.now()
  await refuseTooMany(parts, scope, address, now)
  const id = randomBase62(22)
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  await db.alertVerification.create({
    data: { tenantId, id, channelId, address, sentAt: now, codeHash: sha256(`${id}\n${code}`) },
  })
  const tenant = await db.tenant.findFirst({ where: { id: tenantId } })
  const { kind, open } = openChannel(parts.channels, parts.vault, channel)
  const link: MailLink = { purpose: 'verify', tenantId, channelId, address, verificationId: id }
  const body = open.render({
    type: 'verification',
    at: now,
    tenant: tenant?.name ?? '',
    channel: channel.name,
    address,
    code,
    url: `${parts.baseUrl()}/alerts/verify/${linkToken(parts.vault, link)}`,
  })
  const answer = await open.send({
    deliveryId: `verification_${id}`,
    conversationId: undefined,
    body,
    at: now,
    previous: undefined,
    progress: undefined,
    secrets: [],
    recipients: [{ address, unsubscribeUrl: undefined }],
    signal: AbortSignal.timeout(SENDING_MS),
  })
  const outcome = kind.classify(answer)
  if (outcome.type !== 'delivered')
    throw new PublicError('UNAVAILABLE', `the mail to ${address} could not be sent: ${outcome.reason}`)
}

async function refuseTooMany(
  { verificationsOf, clock }: SendingParts,
  { db, tenantId }: Scope,
  address: string,
  now: Date,
): Promise<void> {
  const since = new Date(now.getTime() - DAY_MS)
  const ofTenant = await db.alertVerification.count({ where: { tenantId, sentAt: { gt: since } } })
  if (ofTenant < MAX_OF_TENANT && (await verificationsOf(address, since)) < MAX_OF_ADDRESS) return
  const wait = Math.ceil((since.getTime() + 2 * DAY_MS - clock.now().getTime()) / 1_000)
  throw new PublicError('RATE_LIMITED', `${address} was asked too often today: try again tomorrow`, {
    retryAfterSeconds: wait,
  })
}

async function findAddress(db: TenantClient, { tenantId, id }: AlertChannel, address: string) {
  const found = await db.alertAddress.findFirst({ where: { tenantId, channelId: id, address } })
  if (found === null) throw new PublicError('NOT_FOUND', `${address} is no address of this channel`)
  return found
}

/**
 * The owner of an address agrees, with the code of the newest mail.
 * @throws PublicError NOT_FOUND; BAD_USER_INPUT for a wrong code, one that was used or is too old, or after five wrong ones
 */
export async function verifyAddress(
  scope: Scope,
  { clock }: { clock: WallClock },
  { channelId, address, code }: { channelId: string; address: string; code: string },
): Promise<AlertChannel> {
  const { tenantId, db } = scope
  const channel = await findChannel(scope, channelId)
  const found = await findAddress(db, channel, address)
  if (found.state === 'VERIFIED') return channel
  const [newest] = await db.alertVerification.findMany({
    where: { tenantId, channelId, address, sentAt: { gt: new Date(clock.now().getTime() - DAY_MS) } },
    orderBy: { sentAt: 'desc' },
    take: 1,
  })
  // Counted before it is looked at: guesses that come at once are counted as well.
  const { count } = await db.alertVerification.updateMany({
    where: { tenantId, id: newest?.id ?? '', tries: { lt: MAX_TRIES } },
    data: { tries: { increment: 1 } },
  })
  const isRight = count === 1 && newest?.codeHash === sha256(`${newest?.id}\n${code.trim()}`)
  const verified = isRight ? await useMail(scope, channel, newest) : undefined
  if (verified === undefined)
    throw badInput(['code'], 'the code is wrong, used or too old: have a new mail sent', 'custom')
  return verified
}

/** In place of the hash of a code that was used: no code has it. */
const USED = ''

/**
 * Verifies an address by a mail that asked it. A mail works once: whoever has kept its code cannot bring back an owner
 * who unsubscribed since.
 * @returns undefined where it was used already
 */
function useMail(
  scope: Scope,
  channel: AlertChannel,
  { id, address }: Pick<AlertVerification, 'id' | 'address'>,
): Promise<AlertChannel | undefined> {
  const { tenantId } = scope
  return scope.transaction(async (db) => {
    const { count } = await db.alertVerification.updateMany({
      where: { tenantId, id, codeHash: { not: USED } },
      data: { codeHash: USED },
    })
    return count === 0 ? undefined : setAddress(db, channel, address, 'VERIFIED')
  })
}

/** By the link of a mail. @returns false when it was used or is too old, or what it is about is gone */
export async function verifyByLink(
  scope: Scope,
  { clock }: { clock: WallClock },
  link: MailLink,
): Promise<boolean> {
  const { tenantId, db } = scope
  const since = new Date(clock.now().getTime() - DAY_MS)
  const mail = await db.alertVerification.findFirst({
    where: { tenantId, id: link.verificationId, address: link.address, sentAt: { gt: since } },
  })
  const known = await knownByLink(scope, link)
  if (mail === null || known === undefined) return false
  return known.state === 'VERIFIED' || (await useMail(scope, known.channel, mail)) !== undefined
}

/** @returns false when the channel, or the address, is gone */
export async function unsubscribe(scope: Scope, link: MailLink): Promise<boolean> {
  const known = await knownByLink(scope, link)
  if (known === undefined) return false
  await scope.transaction((db) => setAddress(db, known.channel, link.address, 'UNSUBSCRIBED'))
  return true
}

/** The channel that a link is about, and the state of the address there; undefined where either is gone. */
async function knownByLink(
  { db }: Scope,
  { tenantId, channelId, address }: MailLink,
): Promise<{ channel: AlertChannel; state: string } | undefined> {
  const channel = await db.alertChannel.findFirst({ where: { tenantId, id: channelId } })
  const found = await db.alertAddress.findFirst({ where: { tenantId, channelId, address } })
  return channel && found ? { channel, state: found.state } : undefined
}

/** Sets the state of an address, and with it that of its channel, in the caller's transaction. */
async function setAddress(
  db: TenantClient,
  channel: AlertChannel,
  address: string,
  state: 'VERIFIED' | 'UNSUBSCRIBED',
): Promise<AlertChannel> {
  const { tenantId, id: channelId } = channel
  await db.alertAddress.updateMany({ where: { tenantId, channelId, address }, data: { state, refusals: 0 } })
  await followAddresses(db, channel)
  return findChannel({ db, tenantId }, channelId)
}

/** A channel of mails is ACTIVE while it has a verified address. */
async function followAddresses(db: TenantClient, channel: AlertChannel): Promise<void> {
  const { tenantId, id } = channel
  await db.alertChannel.updateMany({
    where: { tenantId, id, state: { in: ['ACTIVE', 'UNVERIFIED'] } },
    data: { state: await usableState(db, channel) },
  })
}

/** Mails that its server refused in a row, after which an address is given up. */
const MAX_REFUSED = 3

/**
 * Counts what servers refused of a mail, in the caller's transaction. An address that the attempt left out keeps its
 * count.
 */
export async function countRefused(
  db: TenantClient,
  channel: AlertChannel,
  { accepted = [], refused = [] }: Pick<Answer, 'accepted' | 'refused'>,
): Promise<void> {
  const { tenantId, id: channelId } = channel
  const where = { tenantId, channelId, state: 'VERIFIED' }
  await db.alertAddress.updateMany({
    where: { ...where, address: { in: [...accepted] }, refusals: { gt: 0 } },
    data: { refusals: 0 },
  })
  if (refused.length === 0) return
  await db.alertAddress.updateMany({
    where: { ...where, address: { in: [...refused] } },
    data: { refusals: { increment: 1 } },
  })
  await db.alertAddress.updateMany({
    where: { ...where, refusals: { gte: MAX_REFUSED } },
    data: { state: 'BOUNCED' },
  })
  await followAddresses(db, channel)
}

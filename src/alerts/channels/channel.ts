import type { z } from 'zod'
import type { Config } from '../../config.ts'
import type { Seconds } from '../../time.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import type { Message } from '../message.ts'

/**
 * The contract of a kind of channel: one file a kind, listed in registry.ts. A kind knows how a target is written, how
 * a message looks there, how it is sent, and what the answers mean. It knows no database, no tenant and no clock: the
 * planner decides what is sent, the sender when, and again how often.
 */
export const CHANNEL_KINDS = ['WEBHOOK', 'EMAIL', 'SLACK', 'DISCORD', 'TEAMS', 'PAGERDUTY'] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** The ways to name a target: the fields of GraphQL's `AlertTargetInput`. A kind may have more than one. */
export const TARGET_NAMES = [
  'webhook',
  'email',
  'slack',
  'slackBot',
  'discord',
  'teams',
  'pagerDuty',
] as const
export type TargetName = (typeof TARGET_NAMES)[number]

/** What a kind is made with: the ways out of this process, and the operator's settings of them. */
export interface Means {
  /**
   * One HTTP request to an address that a tenant chose, with all that keeps it from the operator's network (http.ts).
   * @returns what was answered; a failed connection, a refused address and a timeout are answers with an `error`
   */
  request(request: HttpRequest): Promise<HttpAnswer>
  config: Pick<Config, 'smtpUrl' | 'alertFrom' | 'slackApiUrl' | 'pagerDutyEventsUrl'>
}

export interface ChannelDefinition<Target> {
  name: TargetName
  kind: ChannelKind
  /**
   * Form of the target as GraphQL and the command line give it. Its issues reach whoever gave it: they name the field
   * and the reason, and never repeat a secret.
   */
  target: z.ZodType<Target>
  /** Why no such channel can be used here, for whoever makes one, e.g. that SMTP_URL is not set; undefined: it can. */
  unavailable?: string | undefined
  /** For people: host, address or channel; never a secret. */
  describe(target: Target): string
  /** What of the target nobody may see, besides the path and query of its `url`, e.g. a token. */
  secrets?(target: Target): readonly string[]
  /** The address that is posted to, where the tenant gives it: checked at creation and again at every send. */
  url?(target: Target): string
  /**
   * The provider's hosts; a leading dot also takes what is below one (`.logic.azure.com`). Undefined: every public host.
   * What the operator allows (ALERT_ALLOWED_HOSTS) is always taken as well.
   */
  hosts?: readonly string[]
  /**
   * Whether it changes the message that it sent before: a newer state then supersedes an older one that still waits,
   * and growth is reported too. Otherwise each state is a message of its own, and none is left out.
   */
  edits: boolean
  /**
   * Whether something open stays there until it is closed (an incident, an edited message): what was begun is then
   * closed and follows the status, whatever the routing says.
   */
  followsStatus: boolean
  /**
   * Whether programs read it: what becomes of each anomaly is then an event of its own, also of those that were reported
   * in one message with others of the same cause. People hear of all of them as of one.
   */
  forPrograms: boolean
  /**
   * Several anomalies in one message: how many of them it names at most, in how many bytes of `render`, and whether
   * further messages name the others (`all`) or `more` counts them. Undefined: this kind has no digests.
   */
  digest: { names: number; bytes: number; all: boolean } | undefined
  /** How long an attempt is repeated. Seconds: an old ping misleads where the next state replaces it. */
  retryFor: Seconds
  /** Least time between two messages. Milliseconds; none when undefined. */
  spacingMs?: number
  /**
   * The message in the form of this kind, as text that is stored: it is made once, at the first attempt, and every
   * retry sends the same. Pure.
   */
  render(message: Message, target: Target): string
  /**
   * One attempt. What the provider answers is returned, not thrown; what it throws counts as a failed connection. It
   * ends when `signal` does.
   */
  send(sending: Sending<Target>): Promise<Answer>
  /** What follows from the answer. Pure. */
  classify(answer: Answer): Outcome
  /** Ends connections that are kept open. */
  close?(): Promise<void>
}

/** One attempt to deliver one message. */
export interface Sending<Target> {
  target: Target
  /** `dlv_…`, the same at every attempt: the receiver deduplicates by it. */
  deliveryId: string
  /** The anomaly that its conversation began with; undefined for digests, notices and verifications. */
  conversationId: string | undefined
  /** What `render` made. */
  body: string
  /** When this attempt is made. */
  at: Date
  /** What the last delivered message about this anomaly left as `reference`: the message to edit, or to reply to. */
  previous: string | undefined
  /** What an earlier attempt of this delivery left as `progress`. */
  progress: string | undefined
  /** WEBHOOK: the signing secrets (`whsec_…`), the newest first; two for a day after a roll. Else empty. */
  secrets: readonly string[]
  /** EMAIL: the verified addresses; of a verification the one that it asks about. Else empty. */
  recipients: readonly Recipient[]
  signal: AbortSignal
}

export interface Recipient {
  address: string
  /** For `List-Unsubscribe`: GET shows a page, POST unsubscribes (RFC 8058). Undefined in a verification. */
  unsubscribeUrl: string | undefined
}

/** What came of an attempt. */
export interface Answer {
  /** Of HTTP, or SMTP's reply code. */
  status?: number | undefined
  /** Why there was no whole answer: refused address, failed connection, timeout. For people, without secrets. */
  error?: string | undefined
  /** What was answered, at most 64 kB. Its first 256 bytes are kept for ADMINs. */
  text?: string | undefined
  /** Seconds that the provider asks to wait. */
  retryAfter?: Seconds | undefined
  /** Seconds in which the provider takes no more, though it took this. */
  restFor?: Seconds | undefined
  /** Where the message is at the provider, kept for later messages about the same anomaly (see `previous`). */
  reference?: string | undefined
  /** Of a delivery that is only partly done: what its next attempt needs to know, e.g. which addresses have it. */
  progress?: string | undefined
  /** EMAIL: addresses for which the server took the mail at this attempt. */
  accepted?: readonly string[] | undefined
  /** EMAIL: addresses that the server refused for good; three times in a row and an address is off. */
  refused?: readonly string[] | undefined
}

export type Outcome =
  /** The next message waits at least `restSeconds`. */
  | { type: 'delivered'; restSeconds?: Seconds }
  /** Tried again by the schedule; after `afterSeconds`, where the provider asks for it, and then the whole channel waits. */
  | { type: 'retry'; reason: string; afterSeconds?: Seconds }
  /** Not tried again. Three in a row disable the channel. */
  | { type: 'failed'; reason: string }
  /** Not tried again, and the channel is disabled at once: the provider says that it is gone. */
  | { type: 'gone'; reason: string }

/** A kind of channel, whatever its target looks like. */
export interface Channel
  extends Omit<ChannelDefinition<never>, 'target' | 'describe' | 'secrets' | 'url' | 'render' | 'send'> {
  /**
   * Reads a target that a tenant gave, or that was stored.
   * @throws ZodError
   */
  open(target: unknown): OpenChannel
}

/** A kind of channel with one target. */
export interface OpenChannel {
  /** As it is stored, sealed. */
  target: unknown
  /** For people; never a secret. */
  hint: string
  /** What nobody may see, also where a receiver repeats it in its answer; the longest first. */
  secrets: readonly string[]
  url: string | undefined
  render(message: Message): string
  send(sending: Omit<Sending<never>, 'target'>): Promise<Answer>
}

/** Hides the type of the target: the rest of the program handles all kinds alike. */
export function defineChannel<Target>({
  target: form,
  describe,
  secrets,
  url,
  render,
  send,
  ...rest
}: ChannelDefinition<Target>): Channel {
  return {
    ...rest,
    open(given) {
      const target = form.parse(given)
      return {
        target,
        // Asked for once the address is known to be one.
        get hint() {
          return describe(target)
        },
        get secrets() {
          const hidden = [...(secrets?.(target) ?? []), ...secretsOf(url?.(target))]
          return hidden.toSorted((a, b) => b.length - a.length)
        },
        url: url?.(target),
        render: (message) => render(message, target),
        send: (sending) => send({ ...sending, target }),
      }
    },
  }
}

/** Parts of a path that are this long are no words, but say whose address it is. */
const LONG_PART = 8

/** What of an address only its owner knows: receivers repeat it, whole or in parts, in what they answer. */
function secretsOf(url: string | undefined): string[] {
  if (url === undefined) return []
  const { pathname, search, searchParams } = new URL(url)
  const parts = pathname.split('/').filter((part) => part.length >= LONG_PART)
  const written = [`${pathname}${search}`, pathname, ...parts].flatMap((part) => [part, decoded(part)])
  return [...written, ...searchParams.values()].filter((part) => part.length > 1)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** What an HTTP answer means where the provider gives it no other meaning. Kinds look at theirs first. */
export function classifyHttp({ status, error, retryAfter }: Answer): Outcome {
  if (status === undefined) return { type: 'retry', reason: error ?? 'no answer' }
  if (status >= 200 && status < 300) return { type: 'delivered' }
  const reason = `answered ${status}`
  if (status === 410) return { type: 'gone', reason: `${reason}: it is gone` }
  if ((status === 429 || status === 503) && retryAfter !== undefined)
    return { type: 'retry', reason, afterSeconds: retryAfter }
  if (status >= 300 && status < 400) return { type: 'retry', reason: `${reason}: redirects are not followed` }
  return { type: 'retry', reason }
}

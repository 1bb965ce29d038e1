import { createTransport, type Transporter } from 'nodemailer'
import { z } from 'zod'
import { HOUR } from '../../time.ts'
import { mailOf, UNSUBSCRIBE_LINK } from '../mail.ts'
import {
  type Answer,
  type Channel,
  classifyHttp,
  defineChannel,
  type Means,
  type Outcome,
  type Recipient,
  type Sending,
} from './channel.ts'

/** A server that stalls must not hold an attempt for longer than any other receiver. Milliseconds. */
const TIMEOUT = 15_000

/** Addresses of one channel. */
const MAX_ADDRESSES = 20

interface Target {
  addresses: string[]
}

const stored = z.object({ subject: z.string(), text: z.string(), html: z.string() })

/** What came of the mail so far: the addresses that have it, and those whose server will never take it. */
const progress = z.object({ accepted: z.array(z.string()), refused: z.array(z.string()) })

/** Sends mail through the operator's server: a mail to each address, all about one anomaly in one thread. */
export const email = ({ config: { smtpUrl, alertFrom } }: Means): Channel => {
  const from = alertFrom ?? 'BillingWatch <alerts@localhost>'
  const domain = /@([^\s>@]+)>?$/.exec(from.trim())?.[1] ?? 'localhost'
  let transport: Transporter | undefined
  const connect = (url: string): Transporter =>
    createTransport({
      url,
      pool: true,
      maxConnections: 4,
      connectionTimeout: TIMEOUT,
      greetingTimeout: TIMEOUT,
      socketTimeout: TIMEOUT,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  return defineChannel<Target>({
    name: 'email',
    kind: 'EMAIL',
    target: z.object({
      addresses: z
        .array(z.email('addresses must be mail addresses, such as ana@example.com').max(320))
        .min(1, 'addresses must name at least one')
        .max(MAX_ADDRESSES, `addresses must name at most ${MAX_ADDRESSES}`)
        .transform((addresses) => [...new Map(addresses.map((one) => [one.toLowerCase(), one])).values()]),
    }),
    unavailable:
      smtpUrl === undefined ? 'No mail can be sent: the operator has not set SMTP_URL.' : undefined,
    describe: ({ addresses: [first = '', ...others] }) =>
      others.length === 0 ? first : `${first} and ${others.length} more`,
    edits: false,
    followsStatus: false,
    forPrograms: false,
    digest: { names: 50, bytes: 200_000, all: false },
    retryFor: 120 * HOUR,
    render: (message) => JSON.stringify(mailOf(message)),
    async send(sending) {
      if (smtpUrl === undefined) return { error: 'SMTP_URL is not set' }
      transport ??= connect(smtpUrl)
      return sendToAll(transport, { from, domain }, sending)
    },
    classify: classifyMail,
    async close() {
      transport?.close()
    },
  })
}

interface Sender {
  from: string
  domain: string
}

async function sendToAll(transport: Transporter, sender: Sender, sending: Sending<Target>): Promise<Answer> {
  const before = progress.parse(JSON.parse(sending.progress ?? '{"accepted":[],"refused":[]}'))
  const finished = new Set([...before.accepted, ...before.refused])
  const accepted: string[] = []
  const refused: string[] = []
  let trouble: Answer | undefined
  let last: Answer = { error: 'no address was left to send to' }
  for (const recipient of sending.recipients.filter(({ address }) => !finished.has(address))) {
    const { isRefused, ...answer } = await sendTo(transport, sender, sending, recipient)
    if (isRefused) refused.push(recipient.address)
    else if (answer.status === 250) accepted.push(recipient.address)
    else trouble = answer
    last = answer
  }
  const all = { accepted: [...before.accepted, ...accepted], refused: [...before.refused, ...refused] }
  if (trouble !== undefined) return { ...trouble, accepted, refused, progress: JSON.stringify(all) }
  if (all.accepted.length === 0) return { ...last, accepted, refused }
  return { ...last, status: 250, reference: threadOf(sending, sender), accepted, refused }
}

/** The Message-ID that all mails about one anomaly refer to: that of the first. */
const threadOf = ({ conversationId, deliveryId, previous }: Sending<Target>, { domain }: Sender): string =>
  previous ?? `<${conversationId ?? deliveryId}@${domain}>`

interface Sent extends Answer {
  /** Whether the server does not know the recipient, or takes nothing for them. */
  isRefused: boolean
}

async function sendTo(
  transport: Transporter,
  sender: Sender,
  sending: Sending<Target>,
  { address, unsubscribeUrl }: Recipient,
): Promise<Sent> {
  const { subject, text, html } = stored.parse(JSON.parse(sending.body))
  const thread = threadOf(sending, sender)
  const isReply = sending.previous !== undefined
  const own = (part: string): string => part.replaceAll(UNSUBSCRIBE_LINK, unsubscribeUrl ?? '')
  try {
    const { response } = await transport.sendMail({
      from: sender.from,
      to: { name: '', address },
      subject: isReply ? `Re: ${subject}` : subject,
      text: own(text),
      html: own(html),
      // The same at every attempt: who gets a mail twice sees one.
      messageId: isReply ? `<${sending.deliveryId}@${sender.domain}>` : thread,
      ...(isReply && { inReplyTo: thread, references: thread }),
      date: sending.at,
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        ...(unsubscribeUrl !== undefined && {
          'List-Unsubscribe': `<${unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
      },
      signal: sending.signal,
    })
    return { status: 250, text: response, isRefused: false }
  } catch (error) {
    return { ...answerOf(error), isRefused: isOfRecipient(error) }
  }
}

const smtpError = z.object({
  message: z.string(),
  responseCode: z.number().optional(),
  response: z.string().optional(),
  code: z.string().optional(),
  command: z.string().optional(),
})

/**
 * Whether a server refused the recipient for good. What it answers to the sender, or to the text of the mail, says
 * nothing about the address.
 */
function isOfRecipient(error: unknown): boolean {
  const { responseCode = 0, command } = smtpError.safeParse(error).data ?? {}
  return command === 'RCPT TO' && responseCode >= 500
}

/** What the server said, or why nothing came of it; never the credentials of SMTP_URL. */
function answerOf(error: unknown): Answer {
  const parsed = smtpError.safeParse(error)
  if (!parsed.success) return { error: 'the mail could not be sent' }
  const { responseCode, response, code } = parsed.data
  // A server that does not know the operator refuses all mail: that says nothing about the address.
  if (code === 'EAUTH') return { error: 'the mail server refused the user name or password of SMTP_URL' }
  if (responseCode !== undefined)
    return { status: responseCode, ...(response !== undefined && { text: response }) }
  return { error: `the mail server could not be reached${code === undefined ? '' : ` (${code})`}` }
}

function classifyMail(answer: Answer): Outcome {
  const { status } = answer
  if (status === 250) return { type: 'delivered' }
  if (status === undefined) return classifyHttp(answer)
  const reason = `the mail server answered ${status}`
  // What leaves progress has somebody left to be sent to.
  const isFinal = status >= 500 && answer.progress === undefined
  return { type: isFinal ? 'failed' : 'retry', reason }
}

import { styleText } from 'node:util'
import type { Audience, DemoTenant } from '../demo/audience.ts'
import type { ReceivedAlert } from '../demo/receiver.ts'
import type { WatchedAnomaly } from '../demo/watch.ts'
import type { Clock } from '../time.ts'
import type { Output } from './shell.ts'

type Style = Parameters<typeof styleText>[0]

const SEVERITY_STYLE: Readonly<Record<WatchedAnomaly['severity'], Style>> = {
  CRITICAL: ['bold', 'red'],
  HIGH: 'red',
  MEDIUM: 'yellow',
  LOW: 'cyan',
}

/** What happened to an anomaly, in words; other kinds are shown only when the severity changed. */
const BECAME: Readonly<Record<string, string>> = {
  ANOMALY_ENDED: 'is over',
  ANOMALY_REOPENED: 'is back',
  ANOMALY_ACKNOWLEDGED: 'was acknowledged',
  ANOMALY_RESOLVED: 'was resolved',
  ANOMALY_MARKED_FALSE_POSITIVE: 'was marked a false positive',
}

const USUAL_WIDTH = 80
const WIDEST = 100

/** Continuation lines are indented to the tenant's column: after `10:04:31` and two spaces. */
const INDENT = 10

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

const anomalies = (count: number): string => counted(count, 'anomaly', 'anomalies')

const webhooks = (count: number): string => `${counted(count, 'webhook', 'webhooks')} delivered`

/** Shows the demo to people, line by line; on a terminal the last line counts what was delivered. */
export class Screen implements Audience {
  readonly #out: Output
  readonly #clock: Clock
  readonly #width: number
  #nameWidth = 0
  #footer = ''

  constructor(out: Output, clock: Clock) {
    this.#out = out
    this.#clock = clock
    this.#width = Math.min(WIDEST, out.columns ?? USUAL_WIDTH)
  }

  progress(message: string): void {
    this.#foot(message)
  }

  ready(url: string, tenants: readonly DemoTenant[], links: readonly string[]): void {
    this.#foot('')
    this.#nameWidth = Math.max(...tenants.map(({ business }) => business.profile.name.length))
    this.#say(
      this.#paint('bold', 'BillingWatch is running on a throw-away database, with three tenants:'),
      '',
      ...tenants.map((tenant) => `  ${this.#name(tenant)}  ${this.#history(tenant)}`),
      '',
      'Watch one in the dashboard; each link signs in once, within five minutes:',
      '',
      ...tenants.map(
        (tenant, at) => `  ${this.#name(tenant)}  ${this.#paint('underline', links[at] ?? url)}`,
      ),
      '',
      'Each has a key as well, and sees nothing of the others:',
      '',
      ...tenants.map((tenant) => `  ${this.#name(tenant)}  ${tenant.apiKey}`),
      '',
      `Open ${this.#paint('underline', `${url}/graphql`)} and put a key under Headers:`,
      '',
      '  {"authorization": "Bearer KEY"}',
      '',
      'Try:',
      '',
      '  { anomalies(first: 5) { nodes { id detector severity title message } } }',
      '  mutation { resolveAnomaly(input: {id: "anm_…"}) { anomaly { status } } }',
      '',
      'From now on webhooks come in, signed as Stripe signs them, and things go wrong.',
      'What the tenants’ subscriptions receive is shown below, and each ALERT as it',
      'comes to their receivers: MEDIUM and above, ten seconds later, so that a burst',
      'is one. Ctrl-C ends it.',
      '',
    )
  }

  began(tenant: DemoTenant, about: string): void {
    const head = `${this.#time()}  ${this.#name(tenant)}  `
    const [first = '', ...rest] = this.#wrap(about, head.length)
    this.#say(...[head + first.trimStart(), ...rest].map((line) => this.#paint('dim', line)))
  }

  raised(tenant: DemoTenant, anomaly: WatchedAnomaly): void {
    const { severity, detector, title, message, impact } = anomaly
    const stake = impact === null ? [] : [`At stake: ${impact.formatted}`]
    this.#say(
      '',
      `${this.#time()}  ${this.#name(tenant)}  ${this.#severity(severity)}  ${this.#paint('bold', detector)}`,
      ...this.#wrap(title).map((line) => this.#paint('bold', line)),
      ...this.#wrap(message),
      ...stake.map((line) => ' '.repeat(INDENT) + line),
      '',
    )
  }

  changed(
    tenant: DemoTenant,
    anomaly: WatchedAnomaly,
    kind: string,
    before: WatchedAnomaly | undefined,
  ): void {
    const { severity, detector, occurrences } = anomaly
    const rose = before !== undefined && before.severity !== severity
    const became = BECAME[kind] ?? (rose ? `is now ${severity}` : undefined)
    if (became === undefined) return
    const signs = counted(occurrences, 'sign', 'signs')
    this.#say(`${this.#time()}  ${this.#name(tenant)}  ${detector} ${became}, ${signs}`)
  }

  alerted(tenant: DemoTenant, { type, anomalies: [first, ...others] }: ReceivedAlert): void {
    if (first === undefined) return
    const also = [...first.related, ...others].map(({ title }) => title)
    const words = `${first.title}${also.length === 0 ? '' : `; with it: ${also.join('; ')}`}`
    this.#say(
      `${this.#time()}  ${this.#name(tenant)}  ${this.#severity(first.severity)}  ${this.#paint('bold', `ALERT ${type}`)}`,
      ...this.#wrap(words),
    )
  }

  delivered(tenants: readonly DemoTenant[]): void {
    const posted = tenants.reduce((sum, { delivered }) => sum + delivered, 0)
    const raised = tenants.reduce((sum, tenant) => sum + tenant.anomalies.size, 0)
    this.#foot(`${webhooks(posted)}, ${anomalies(raised)}`)
  }

  /** The summary, once everything is closed. */
  end(tenants: readonly DemoTenant[]): void {
    this.#foot('')
    if (tenants.length === 0) {
      this.#say('Stopped before it began; the database is gone.')
      return
    }
    const rows = tenants.map(
      (tenant) =>
        `  ${this.#name(tenant)}  ${webhooks(tenant.delivered)}, ${anomalies(tenant.anomalies.size)}, ${counted(tenant.alerts.length, 'alert', 'alerts')}`,
    )
    this.#say('', 'Stopped; the database is gone.', '', ...rows)
  }

  #name({ business }: DemoTenant): string {
    return business.profile.name.padEnd(this.#nameWidth)
  }

  #history({ business, history }: DemoTenant): string {
    const events = history.events.toLocaleString('en').padStart(6)
    const found = history.anomalies === 0 ? 'all quiet' : anomalies(history.anomalies)
    return `${business.about.padEnd(20)} ${events} events of history, ${found}`
  }

  #severity(severity: WatchedAnomaly['severity']): string {
    return this.#paint(SEVERITY_STYLE[severity], severity.padEnd(8))
  }

  #time(): string {
    return this.#clock.now().toTimeString().slice(0, 8)
  }

  #wrap(text: string, indent = INDENT): string[] {
    const lines: string[] = []
    let line = ''
    for (const word of text.split(' ')) {
      if (line !== '' && indent + line.length + 1 + word.length > this.#width) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    return [...lines, line].map((one) => ' '.repeat(indent) + one)
  }

  #paint(style: Style, text: string): string {
    return this.#out.hasColors?.() ? styleText(style, text, { validateStream: false }) : text
  }

  #say(...lines: string[]): void {
    const clear = this.#footer === '' ? '' : '\r\u001b[K'
    this.#out.write(`${clear}${lines.join('\n')}\n${this.#footer}`)
  }

  /** The line that is overwritten; on a terminal only. */
  #foot(text: string): void {
    if (!this.#out.isTTY) return
    this.#footer = text === '' ? '' : this.#paint('dim', text)
    this.#out.write(`\r\u001b[K${this.#footer}`)
  }
}

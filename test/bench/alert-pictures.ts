import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createChannels } from '../../src/alerts/channels/registry.ts'
import { composeAnomaly } from '../../src/alerts/compose.ts'
import { type Mail, mailOf } from '../../src/alerts/mail.ts'
import type { AnomalyMessage, AnomalyReason } from '../../src/alerts/message.ts'
import { readConfig } from '../../src/config.ts'
import { SEVERITIES } from '../../src/detection/detector.ts'
import type { RaisedIncident } from '../../src/detection/engine/forgetful.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import type { Anomaly } from '../../src/generated/sqlite/client.ts'
import { dryReplay, readHistory } from '../../src/pipeline/replay.ts'
import { toDate } from '../../src/time.ts'
import { FIRINGS } from '../support/firings.ts'
import { Merchant } from '../support/merchant.ts'
import { NEWEST } from '../support/stripe/versions.ts'

/**
 * Renders what every kind of channel shows of an anomaly of each detector into files, to be looked at:
 * `npm run bench:alerts -- FOLDER`.
 */
const [folder = 'alert-pictures'] = process.argv.slice(2)

const TARGETS = {
  webhook: { url: 'https://hooks.example.com/' },
  slack: { url: 'https://hooks.slack.com/services/T/B/x' },
  slackBot: { token: 'xoxb-1234567890', channel: 'C0123456789' },
  discord: { url: 'https://discord.com/api/webhooks/1/x' },
  teams: { url: 'https://x.logic.azure.com/workflows/x' },
  pagerDuty: { routingKey: '0123456789abcdef0123456789abcdef' },
}

const channels = createChannels({ request: async () => ({ headers: {} }), config: readConfig({}) })

async function raisedBy({
  history,
  detector,
}: (typeof FIRINGS)[number]): Promise<RaisedIncident | undefined> {
  const lines = history(new Merchant(NEWEST)).map((event) => JSON.stringify(event))
  const events = readHistory(lines, 'whe_picture', () => {})
  const raised = await dryReplay(DETECTORS, events, { choices: new Map(), wall: toDate(0) })
  return raised.find(({ incident }) => incident.detector === detector)
}

const rowOf = ({ incident, stream: { livemode, account } }: RaisedIncident): Anomaly => ({
  ...incident,
  tenantId: 'ten_1',
  seq: 1n,
  changedSeq: 1n,
  stream: '',
  livemode,
  account,
  severity: SEVERITIES.indexOf(incident.severity),
  impactAmount: incident.impact && BigInt(incident.impact.amount),
  impactCurrency: incident.impact?.currency ?? null,
  customerId: incident.customer,
  subjects: JSON.stringify(incident.subjects),
  evidence: JSON.stringify(incident.evidence),
  series: JSON.stringify(incident.series),
  folding: '{}',
  startedAt: toDate(incident.startedAt),
  detectedAt: toDate(incident.detectedAt),
  lastSeenAt: toDate(incident.lastSeenAt),
  endedAt: incident.endedAt === null ? null : toDate(incident.endedAt),
  createdAt: toDate(incident.detectedAt),
  updatedAt: toDate(incident.detectedAt),
  growthRecordedAt: null,
  goneAt: null,
  snoozedUntil: null,
  snoozedSize: null,
  endsAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  resolvedAt: null,
  resolvedBy: null,
  falsePositiveReason: null,
  searchText: '',
})

const messageOf = (anomaly: Anomaly, related: readonly Anomaly[], reason: AnomalyReason): AnomalyMessage =>
  composeAnomaly(
    { anomaly, related, conversationId: anomaly.id, members: [anomaly, ...related], joined: undefined },
    reason,
    {
      tenant: { name: 'Kiez Kaffee', timezone: 'UTC' },
      baseUrl: 'https://billing.example.com',
      now: anomaly.updatedAt,
    },
  )

/** As every kind of channel shows it. */
async function write(name: string, message: AnomalyMessage): Promise<void> {
  const mail: Mail = mailOf(message)
  await writeFile(join(folder, `${name}.html`), mail.html)
  await writeFile(join(folder, `${name}.txt`), `Subject: ${mail.subject}\n\n${mail.text}`)
  for (const [kind, target] of Object.entries(TARGETS)) {
    const body = channels.get(kind)?.open(target).render(message) ?? '{}'
    await writeFile(join(folder, `${name}.${kind}.json`), `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
  }
}

await mkdir(folder, { recursive: true })
const rows: Anomaly[] = []
for (const { name } of DETECTORS) {
  const firing = FIRINGS.find(({ detector }) => detector === name)
  const raised = firing && (await raisedBy(firing))
  if (raised === undefined) {
    process.stderr.write(`${name}: nothing was raised\n`)
    process.exitCode = 1
    continue
  }
  const row = { ...rowOf(raised), id: `anm_${name.toLowerCase()}` }
  rows.push(row)
  // As it stood when it was reported first.
  const open = { ...row, endedAt: null, status: 'OPEN' }
  await write(name.toLowerCase(), messageOf(open, [], 'RAISED'))
  process.stdout.write(`${name}: ${row.title}\n`)
}
const [first, ...others] = rows.filter(({ detector }) => /CARD|CHARGE_F|REVENUE/.test(detector))
if (first !== undefined) {
  await write('of-one-cause', messageOf({ ...first, endedAt: null }, others, 'RAISED'))
  await write('ended', messageOf({ ...first, endedAt: first.lastSeenAt }, [], 'ENDED'))
}

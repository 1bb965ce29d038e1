import type { Anomaly } from '../generated/sqlite/client.ts'
import { type Decision, muted, type Setting, silenceOf, waiting } from './plan.ts'
import type { Act, Standing } from './standing.ts'

/**
 * Acts that take back what still waits: neither is reported.
 * @returns undefined for those that leave it as it is
 */
export function cancelling(
  act: Act,
  anomaly: Anomaly,
  standing: Standing,
  setting: Setting,
): Decision | undefined {
  const { severity, untried, undone } = standing
  if (severity === undefined || act.actorKind === 'SYSTEM') return undefined
  const own = untried.filter(({ anomalyId }) => anomalyId === anomaly.id)
  const byPerson = own.filter((row) => row.byPerson)
  switch (act.kind) {
    case 'ANOMALY_ACT_UNDONE': {
      const count = byPerson.filter(({ seq }) => seq === undone?.seq).length
      return undone && count > 0
        ? takingBack({ what: 'untried act', seq: undone.seq }, count, act, anomaly, standing, setting)
        : undefined
    }
    case 'ANOMALY_REOPENED':
      return byPerson.length > 0
        ? takingBack({ what: 'untried acts' }, byPerson.length, act, anomaly, standing, setting)
        : undefined
    case 'ANOMALY_MARKED_FALSE_POSITIVE':
      return withdrawing(anomaly, standing, 'marked as a false positive before it was sent')
    default:
      return undefined
  }
}

/** What a snooze takes back: what is news, where nothing of it was sent the whole anomaly. */
export function snoozing(anomaly: Anomaly, standing: Standing): Decision {
  const why = 'snoozed before it was sent'
  if (standing.severity === undefined) return {}
  return (
    withdrawing(anomaly, standing, why) ?? { supersedes: { what: 'untried news', why, cancelsOut: false } }
  )
}

/** Forgets an anomaly that nothing was sent about: alone, or of those that joined a conversation. */
function withdrawing(
  { id }: Anomaly,
  { conversation, isTold, untried }: Standing,
  why: string,
): Decision | undefined {
  const isAlone = conversation?.members.length === 1 && !isTold
  const isNews = conversation?.id !== id && untried.some((row) => row.anomalyId === id && row.joined === 1)
  if (!isAlone && !isNews) return undefined
  return { withdraw: true, supersedes: { what: 'untried', why, cancelsOut: true } }
}

type What = { what: 'untried acts' } | { what: 'untried act'; seq: bigint }

function takingBack(
  what: What,
  count: number,
  act: Act,
  anomaly: Anomaly,
  { untried, isTold }: Standing,
  setting: Setting,
): Decision {
  const supersedes = { ...what, why: 'undone before it was sent', cancelsOut: true }
  // What is taken back may have taken the place of something in a message that is edited: that is shown after all.
  if (!setting.kind.edits || untried.length > count) return { supersedes }
  const reason = isTold ? 'UPDATED' : 'RAISED'
  const silence = silenceOf(setting.channel)
  const planned =
    silence === undefined ? waiting(reason, act, anomaly, setting) : muted(reason, setting, silence)
  return { supersedes, planned }
}

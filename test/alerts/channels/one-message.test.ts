import { describe, expect, it } from 'vitest'
import { anomalyMessage } from '../../support/alert-messages.ts'
import { chatProviders } from './chat-providers.ts'

const { requests, channelOf, deliver, answer, paths, bodies } = await chatProviders()

describe('one message an anomaly', () => {
  it('edits on Discord, and posts anew when the message was deleted', async () => {
    const first = await deliver('discord', anomalyMessage())
    expect(first.reference).toBe('900')
    const second = await deliver('discord', anomalyMessage({ reason: 'UPDATED' }), {
      previous: first.reference,
    })
    expect(second.reference).toBe('900')
    answer({ status: 404, text: '{"code":10008}' })
    const third = await deliver('discord', anomalyMessage({ reason: 'ENDED' }), { previous: '800' })
    expect(third.reference).toBe('900')
    expect(paths().map((path) => path.replace(/\?.*/, ''))).toEqual([
      'POST /discord/token-that-is-secret',
      'PATCH /discord/token-that-is-secret/messages/900',
      'PATCH /discord/token-that-is-secret/messages/800',
      'POST /discord/token-that-is-secret',
    ])
    expect(requests.every(({ path }) => path.includes('wait=true'))).toBe(true)
  })

  it('edits on Slack, and says the end in its thread', async () => {
    const first = await deliver('slackBot', anomalyMessage())
    await deliver('slackBot', anomalyMessage({ reason: 'UPDATED' }), { previous: first.reference })
    await deliver('slackBot', anomalyMessage({ reason: 'ENDED', state: 'Ended at 00:40' }), {
      previous: first.reference,
    })
    expect(paths()).toEqual([
      'POST /slackBot/chat.postMessage',
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.postMessage',
    ])
    expect(bodies().at(-1)).toMatchObject({ channel: 'C0123456', thread_ts: '17.5', text: 'Ended at 00:40' })
  })

  it('repeats on Slack only the reply when that alone failed', async () => {
    const previous = '{"channel":"C0123456","ts":"17.5"}'
    const end = anomalyMessage({ reason: 'ENDED', state: 'Ended at 00:40' })
    answer({ status: 200, text: '{"ok":true,"channel":"C0123456","ts":"17.5"}' }, { status: 500, text: '' })
    const failed = await deliver('slackBot', end, { previous })
    expect(channelOf('slackBot').classify(failed).type).toBe('retry')
    const again = await deliver('slackBot', end, { previous, progress: failed.progress })
    expect(channelOf('slackBot').classify(again)).toEqual({ type: 'delivered' })
    expect(paths()).toEqual([
      'POST /slackBot/chat.update',
      'POST /slackBot/chat.postMessage',
      'POST /slackBot/chat.postMessage',
    ])
  })

  it('is an incident of PagerDuty that follows the status', async () => {
    await deliver('pagerDuty', anomalyMessage())
    await deliver(
      'pagerDuty',
      anomalyMessage({ reason: 'ACKNOWLEDGED', anomaly: { status: 'ACKNOWLEDGED' } }),
    )
    await deliver('pagerDuty', anomalyMessage({ reason: 'ENDED', anomaly: { status: 'RESOLVED' } }))
    await deliver('pagerDuty', anomalyMessage({ reason: 'REOPENED' }))
    const ended = { endedAt: '2026-11-28T14:10:00.000Z' }
    await deliver('pagerDuty', anomalyMessage({ reason: 'UPDATED', anomaly: ended }))
    await deliver('pagerDuty', anomalyMessage({ reason: 'REOPENED', anomaly: ended }))
    expect(bodies().map(({ event_action, dedup_key }) => `${event_action} ${dedup_key}`)).toEqual([
      'trigger anm_1',
      'acknowledge anm_1',
      'resolve anm_1',
      'trigger anm_1',
      'resolve anm_1',
      'trigger anm_1',
    ])
    expect(bodies()[0]).toMatchObject({ routing_key: 'k'.repeat(32), payload: { severity: 'critical' } })
  })
})

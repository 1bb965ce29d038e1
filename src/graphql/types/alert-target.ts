import type { TargetName } from '../../alerts/channels/channel.ts'
import { builder } from '../builder.ts'

const UrlTargetInput = builder.inputType('UrlTargetInput', {
  description: 'A target that is known by its URL, which may be a secret.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description: 'https, reachable from the internet, without credentials; never shown again.',
    }),
  }),
})

const EmailTargetInput = builder.inputType('EmailTargetInput', {
  description: 'Addresses that mails go to, once their owners have agreed.',
  fields: (t) => ({ addresses: t.stringList({ required: true, description: 'At most 20.' }) }),
})

const SlackBotTargetInput = builder.inputType('SlackBotTargetInput', {
  description: 'A channel of Slack by the bot of an app: it edits its message as the anomaly grows.',
  fields: (t) => ({
    token: t.string({ required: true, description: 'The bot token, `xoxb-…`; never shown again.' }),
    channel: t.string({ required: true, description: 'The id of the channel, such as `C0123456789`.' }),
  }),
})

const PagerDutyRegion = builder.enumType('PagerDutyRegion', {
  description: "Where an account's data is kept.",
  values: {
    US: { description: 'events.pagerduty.com.' },
    EU: { description: 'events.eu.pagerduty.com.' },
  },
})

const PagerDutyTargetInput = builder.inputType('PagerDutyTargetInput', {
  description: 'A service of PagerDuty with an integration of the Events API v2.',
  fields: (t) => ({
    routingKey: t.string({
      required: true,
      description: 'The integration key, 32 characters; never shown again.',
    }),
    region: t.field({
      type: PagerDutyRegion,
      required: true,
      defaultValue: 'US',
      description: 'Where the account is.',
    }),
  }),
})

export const AlertTargetInput = builder.inputType('AlertTargetInput', {
  description: 'Where alerts go: exactly one of these.',
  isOneOf: true,
  fields: (t) =>
    ({
      webhook: t.field({
        type: UrlTargetInput,
        description: 'A receiver of yours, which gets signed requests.',
      }),
      email: t.field({ type: EmailTargetInput, description: 'Mails.' }),
      slack: t.field({ type: UrlTargetInput, description: 'An incoming webhook of Slack.' }),
      slackBot: t.field({ type: SlackBotTargetInput, description: 'A bot of Slack.' }),
      discord: t.field({ type: UrlTargetInput, description: 'A webhook of Discord.' }),
      teams: t.field({ type: UrlTargetInput, description: 'A workflow of Microsoft Teams.' }),
      pagerDuty: t.field({ type: PagerDutyTargetInput, description: 'A service of PagerDuty.' }),
    }) satisfies Record<TargetName, unknown>,
})

import type { Channel, Means } from './channel.ts'
import { discord } from './discord.ts'
import { email } from './email.ts'
import { pagerDuty } from './pager-duty.ts'
import { slack } from './slack.ts'
import { slackBot } from './slack-bot.ts'
import { teams } from './teams.ts'
import { webhook } from './webhook.ts'

/** Every way to name a target, with its kind: one file each. */
const CHANNELS: readonly ((means: Means) => Channel)[] = [
  webhook,
  email,
  slack,
  slackBot,
  discord,
  teams,
  pagerDuty,
]

export type Channels = ReadonlyMap<string, Channel>

/** By the name of the target, as it is stored. */
export const createChannels = (means: Means): Channels =>
  new Map(CHANNELS.map((make) => make(means)).map((channel) => [channel.name, channel]))

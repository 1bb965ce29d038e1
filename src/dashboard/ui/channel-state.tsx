import { sentenceCase } from '../text/words.ts'
import { State } from './state.tsx'

const MOODS = { ACTIVE: 'good', DISABLED: 'bad', PAUSED: 'plain', UNVERIFIED: 'plain' } as const

interface ChannelStateProps {
  state: keyof typeof MOODS
  /** Of one that is in use: since when nothing arrives. */
  stateReason: string | null
}

/** Whether alerts arrive at a channel, in a word. */
export const ChannelState = ({ state, stateReason }: ChannelStateProps) =>
  state === 'ACTIVE' && stateReason !== null ? (
    <State word="Failing" mood="bad" />
  ) : (
    <State word={sentenceCase(state)} mood={MOODS[state]} />
  )

import { newPromptness } from './promptness.ts'

interface Version2 {
  all: unknown
  currencies: unknown
}

/** Renewals are distinguished from now on; what was learned of all payments goes on until the others are known by themselves. */
export function upgradeToRenewals(stored: unknown): unknown {
  const { all, currencies, ...kept } = stored as Version2
  return { ...kept, revenue: { all, currencies } }
}

/** How soon renewals are settled is noted from now on. */
export function upgradeToPromptness(stored: unknown): unknown {
  const { renewals, ...kept } = stored as { renewals?: object }
  return renewals === undefined ? kept : { ...kept, renewals: { ...renewals, promptness: newPromptness() } }
}

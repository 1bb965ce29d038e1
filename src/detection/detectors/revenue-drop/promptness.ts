/** How many renewals were settled, and of these how many only after the first, second and third look at their day. */
export interface Promptness {
  settled: number
  late: number[]
}

/** What is believed before anything is known, that all are settled at once, weighs as much as this many of them. */
const WEIGHT = 2

export const newPromptness = (): Promptness => ({ settled: 0, late: [] })

/** Takes in a day. A debit counts twice, as it is sent off and as it is paid: what is more than fell due is none of the late. */
export function learnPromptness(
  promptness: Promptness,
  due: number,
  settled: number,
  late: readonly number[],
): void {
  const surplus = due > 0 ? Math.max(0, settled - due) : 0
  promptness.settled += settled - surplus
  for (const [look, number] of late.entries())
    promptness.late[look] = (promptness.late[look] ?? 0) + Math.max(0, number - surplus)
}

export function fadePromptness(promptness: Promptness, kept: number): void {
  promptness.settled *= kept
  promptness.late = promptness.late.map((number) => number * kept)
}

/** The share of what is settled in the end that is so this many days after the first look. */
export const shareBy = ({ settled, late }: Promptness, days: number): number =>
  1 - (late[days] ?? 0) / (WEIGHT + settled)

/** What keys do, by what is pressed: `a`, `?`, or two after each other as `g i`. */
export type KeyMap = Readonly<Record<string, () => void>>

/** The second of two keys has to follow within this. Milliseconds. */
const SEQUENCE = 1_200

/** Finds what a key means, with what was pressed before it. */
export class KeyReader {
  #first: { key: string; at: number } | undefined

  /** @param at milliseconds @returns what to do; undefined where the key means nothing, or only begins something */
  press(key: string, at: number, map: KeyMap): (() => void) | undefined {
    const first = this.#first
    this.#first = undefined
    if (first && at - first.at <= SEQUENCE) {
      const both = map[`${first.key} ${key}`]
      if (both) return both
    }
    if (Object.keys(map).some((keys) => keys.startsWith(`${key} `))) this.#first = { key, at }
    return map[key]
  }
}

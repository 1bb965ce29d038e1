let last: readonly string[] = []

/** What the inbox shows, in its order, for whoever leaves it to one of its anomalies. */
export function rememberList(ids: readonly string[]): void {
  last = ids
}

/** What stands before and after an anomaly in the list that was last shown. */
export function neighboursOf(id: string): { previous?: string | undefined; next?: string | undefined } {
  const at = last.indexOf(id)
  return at < 0 ? {} : { previous: last[at - 1], next: last[at + 1] }
}

/** The ids of a list that grows at its top while somebody reads it. */
export interface LiveList {
  /** Shown, newest first. */
  shown: readonly string[]
  /** Raised since, and not shown yet: newest first. */
  waiting: readonly string[]
}

export const EMPTY: LiveList = { shown: [], waiting: [] }

/** What decides whether a list may move by itself. */
export interface Attention {
  atTop: boolean
  newestFirst: boolean
  visible: boolean
  selected: number
  /** Milliseconds since pointer or focus were last in the list; 0 while they are. */
  idle: number
}

/** Nobody is about to click a row that has been left alone for this long. Milliseconds. */
export const SETTLED = 2_000

/** A row goes in at once only where nobody can be reading, aiming at or choosing the rows that it would move. */
export const mayMove = ({ atTop, newestFirst, visible, selected, idle }: Attention): boolean =>
  atTop && newestFirst && visible && selected === 0 && idle >= SETTLED

/** Another anomaly was reported. One that is there already stays where it is, whatever became of it. */
export function arrived(list: LiveList, id: string, move: boolean): LiveList {
  if (list.shown.includes(id) || list.waiting.includes(id)) return list
  return move
    ? { shown: [id, ...list.waiting, ...list.shown], waiting: [] }
    : { ...list, waiting: [id, ...list.waiting] }
}

/** Shows what waits. */
export const showWaiting = ({ shown, waiting }: LiveList): LiveList =>
  waiting.length === 0 ? { shown, waiting } : { shown: [...waiting, ...shown], waiting: [] }

/** The first page. What was reported while it was fetched, and is not on it, waits. */
export const loaded = (ids: readonly string[], meanwhile: readonly string[]): LiveList => ({
  shown: ids,
  waiting: meanwhile.filter((id) => !ids.includes(id)),
})

/** The next page, below. */
export const extended = (list: LiveList, ids: readonly string[]): LiveList => ({
  ...list,
  shown: [...list.shown, ...ids.filter((id) => !list.shown.includes(id) && !list.waiting.includes(id))],
})

/** Rows of one piece: a page as most ask for it runs in one, which takes a millisecond or less. */
const PIECE = 50

/**
 * Splits a long list for the executor, which would resolve all its rows without a break: after the first rows each piece
 * waits for its turn.
 * @param turn resolves when the next piece may be worked on
 */
export function inPieces<Row>(
  rows: readonly Row[],
  turn: () => Promise<void>,
  piece = PIECE,
): readonly (Row | Promise<Row>)[] {
  if (rows.length <= piece) return rows
  let before: Promise<void> = Promise.resolve()
  const turns: Promise<void>[] = []
  for (let at = piece; at < rows.length; at += piece) {
    before = before.then(turn)
    // Every row that waits for it rejects with the failure; this only prevents an unhandled rejection.
    before.catch(() => {})
    turns.push(before)
  }
  return rows.map((row, index) => turns[Math.floor(index / piece) - 1]?.then(() => row) ?? row)
}

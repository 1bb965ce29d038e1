/** Rows of one piece. */
const PIECE = 20

/**
 * A long list for the executor, which works through what is there in one go: after the first rows each piece of it
 * waits for a turn of its own.
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
    // Every row that waits for it hears of a failure; here it is only kept from being unheard of.
    before.catch(() => {})
    turns.push(before)
  }
  return rows.map((row, index) => turns[Math.floor(index / piece) - 1]?.then(() => row) ?? row)
}

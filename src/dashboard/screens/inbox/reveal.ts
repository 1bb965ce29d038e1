/** What has to be known to bring a row into sight. Pixels. */
interface Place {
  screen: HTMLElement
  /** It stands over the top of the screen, where it is sticky. */
  bar: HTMLElement
  /** Of the row, from the beginning of what scrolls. */
  top: number
  height: number
}

/** Scrolls as little as brings a row into sight, also one that is not in the document yet. */
export function reveal({ screen, bar, top, height }: Place): void {
  const covered = getComputedStyle(bar).position === 'sticky' ? bar.offsetHeight : 0
  const above = top - covered
  const below = top + height - screen.clientHeight
  if (screen.scrollTop > above) screen.scrollTop = above
  else if (screen.scrollTop < below) screen.scrollTop = below
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const COLOURS: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 31 }
const GREY = 90

/** Said elsewhere in the line, or of every line the same. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'service', 'err'])

/**
 * An entry of the log as people read it: the time of day, the level where it is not `info`, what happened, then what is known of
 * it; of an error where it came from, in lines of its own.
 * @param line JSON, as pino writes it; anything else stays as it is
 */
export function readable(line: string, colours: boolean): string {
  const entry = parsed(line)
  if (entry === undefined) return line
  const paint = (text: string, colour: number | undefined): string =>
    colours && colour !== undefined && text !== '' ? `\u001b[${colour}m${text}\u001b[0m` : text
  const level = LEVELS[Number(entry['level'])] ?? 'info'
  const details = Object.entries(entry).filter(([name]) => !LEFT_OUT.has(name))
  const parts = [
    paint(timeOfDay(entry['time']), GREY),
    ...(level === 'info' ? [] : [paint(level, COLOURS[level] ?? GREY)]),
    plain(String(entry['msg'] ?? '')),
    ...details.map(([name, value]) => paint(`${name}=${shown(value)}`, GREY)),
  ]
  return `${parts.join(' ')}\n${causesOf(entry['err'])
    .map((text) => paint(`  ${text}`, GREY))
    .join('\n')}`
    .trimEnd()
    .concat('\n')
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined
  }
}

function timeOfDay(time: unknown): string {
  const date = new Date(Number(time))
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** What came from outside must not move the cursor, nor begin a line. */
const plain = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => JSON.stringify(character).slice(1, -1))

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@+-]+$/.test(value) ? value : plain(JSON.stringify(value))
  return plain(JSON.stringify(value) ?? '')
}

/** The stack, or where there is none what the error says; then what caused it. */
function causesOf(err: unknown): string[] {
  if (typeof err !== 'object' || err === null) return []
  const { stack, message, cause }: { stack?: unknown; message?: unknown; cause?: unknown } = err
  const own = String(stack ?? message ?? '')
    .split('\n')
    .map(plain)
  return [...own, ...causesOf(cause)]
}

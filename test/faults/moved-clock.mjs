import { readFileSync } from 'node:fs'

// Loaded into a built server before it begins (`node --import`): its wall clock is off by what a file says, in milliseconds.
const file = process.env['FAULT_CLOCK'] ?? ''
const RealDate = Date
let offset = 0
setInterval(() => {
  offset = Number(readFileSync(file, 'utf8'))
}, 50).unref()

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [RealDate.now() + offset] : parts))
  }

  static now() {
    return RealDate.now() + offset
  }
}

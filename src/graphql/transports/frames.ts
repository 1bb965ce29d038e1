/** First byte of a text message in one frame, and marks of longer lengths: RFC 6455, section 5.2. */
const FINAL_TEXT = 0x81
const TWO_BYTES = 126
const EIGHT_BYTES = 127

/** Bytes of the longest header of a frame from a server, which is never masked. */
export const MAX_HEADER = 10

/**
 * Writes the header of a WebSocket text message, in one frame, of `length` bytes.
 * @returns where the message begins
 */
export function writeHeader(frame: Buffer, length: number): number {
  frame[0] = FINAL_TEXT
  if (length < TWO_BYTES) {
    frame[1] = length
    return 2
  }
  if (length < 65_536) {
    frame[1] = TWO_BYTES
    frame.writeUInt16BE(length, 2)
    return 4
  }
  frame[1] = EIGHT_BYTES
  frame.writeBigUInt64BE(BigInt(length), 2)
  return MAX_HEADER
}

/**
 * Numbers as compact text. What is packed is exactly what is computed with (32-bit floats and integers), so that a
 * state that went through JSON judges the same as one that never did.
 */
type Words = Float32Array | Int32Array

/** The bytes in base64: four characters for three bytes. Zeros at the end are left out, which is all of what nothing was learned of. */
export function pack(numbers: Words): string {
  let length = numbers.length
  while (length > 0 && numbers[length - 1] === 0) length -= 1
  return Buffer.from(numbers.buffer, numbers.byteOffset, length * numbers.BYTES_PER_ELEMENT).toString(
    'base64',
  )
}

/** Fills `numbers`, which are zeros, from their start with what `pack` wrote; what there is beyond their length is left out. */
export function unpack(text: string, numbers: Words): void {
  const bytes = Buffer.from(text, 'base64')
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).set(
    bytes.subarray(0, numbers.byteLength),
  )
}

/** How many numbers `pack` wrote. */
export const wordsOf = (text: string): number => Math.floor(Buffer.byteLength(text, 'base64') / 4)

/** Floats that are stored as text: unpacked when they are first asked for, packed anew when they have changed. */
export class PackedFloats {
  readonly #length: number
  #packed: string | undefined
  #floats: Float32Array | undefined

  /** Zeros, or what was stored. */
  constructor(length: number, stored?: unknown) {
    this.#length = length
    if (typeof stored === 'string') this.#packed = stored
  }

  /** To be read only. */
  read(): Float32Array {
    if (this.#floats !== undefined) return this.#floats
    const floats = new Float32Array(this.#length)
    if (this.#packed !== undefined) unpack(this.#packed, floats)
    this.#floats = floats
    return floats
  }

  change(): Float32Array {
    const floats = this.read()
    this.#packed = undefined
    return floats
  }

  toJSON(): string {
    this.#packed ??= pack(this.read())
    return this.#packed
  }
}

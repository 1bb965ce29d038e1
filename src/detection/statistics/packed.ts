/**
 * Numbers as compact text. What is packed is exactly what is computed with (32-bit floats and integers), so that a
 * state that went through JSON judges the same as one that never did.
 */
type Words = Float32Array | Int32Array

/** The bytes in base64: four characters for three bytes. */
export const pack = (numbers: Words): string =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64')

/** Fills `numbers` from its start with what `pack` wrote; what there is beyond its length is left out. */
export function unpack(text: string, numbers: Words): void {
  const bytes = Buffer.from(text, 'base64')
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).set(
    bytes.subarray(0, numbers.byteLength),
  )
}

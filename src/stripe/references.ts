/** Whether some name stands for different values in the two: then they are of different purchases. */
export const referencesDiffer = (
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): boolean => {
  if (one === undefined || other === undefined) return false
  const values = new Map(one.map(split))
  return other.map(split).some(([name, value]) => (values.get(name) ?? value) !== value)
}

const split = (reference: string): [name: string, value: string] => {
  const [name = '', value = ''] = reference.split(':')
  return [name, value]
}

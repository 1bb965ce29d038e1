import type { AnyDetector } from '../../detection/detector.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { KeyedStates } from '../../detection/engine/states.ts'
import { saveStates } from '../../storage/detection/saving.ts'
import { StoredMemory } from '../../storage/detection/stored-memory.ts'
import { shadowOf } from '../../storage/rebuild/shadow.ts'
import type { Writer } from '../../storage/sql.ts'

/**
 * What reaches further back than the facts keeps its former value, upgraded: each rebuilt state is stored with what only the
 * one knows that has judged until now.
 */
export async function keepFormer(
  tx: Writer,
  tenantId: string,
  { id }: Stream,
  detectors: readonly AnyDetector[],
): Promise<void> {
  const memory = new StoredMemory(tx, tenantId)
  for (const detector of detectors) {
    if (detector.keepFormer === undefined) continue
    const rows = await memory.statesOf(shadowOf(id), detector.name)
    const [former, rebuilt] = [new KeyedStates([detector]), new KeyedStates([detector])]
    former.load(await memory.storedStates(id, rows))
    rebuilt.load(rows)
    for (const { key, touchedAt } of rows) {
      const known = former.peek(detector, key)
      if (known === undefined) continue
      const entry = rebuilt.open(detector, key, touchedAt)
      entry.state = detector.keepFormer(known, entry.state)
    }
    await saveStates(tx, tenantId, shadowOf(id), rebuilt.changes())
  }
}

import { describe, expect, it } from 'vitest'
import type { AnyDetector } from '../../../src/detection/detector.ts'
import type { StoredState } from '../../../src/detection/engine/keyed-state.ts'
import { KeyedStates } from '../../../src/detection/engine/states.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { recordedStates } from './stored-states.ts'

/** Reads a row and writes it again, as a batch does that touches its key. */
function rewritten(detector: AnyDetector, row: StoredState): StoredState | undefined {
  const states = new KeyedStates([detector])
  states.load([row])
  states.open(detector, row.key, row.touchedAt)
  return states.changes().saved[0]
}

describe.each(DETECTORS.map((detector) => [detector.name, detector] as const))('%s', (_, detector) => {
  const rows = recordedStates(detector)

  it('has recorded rows, and a way from the version of each to its own', () => {
    expect(rows.length).toBeGreaterThan(0)
    for (const { version } of rows) {
      expect(version).toBeLessThanOrEqual(detector.stateVersion)
      for (let from = version; from < detector.stateVersion; from += 1)
        expect(detector.upgrade?.[from], `upgrade of version ${from}`).toBeTypeOf('function')
    }
  })

  it.each(rows.map((row) => [`${row.version} '${row.key}'`, row] as const))(
    'goes on with what version %s stored, timer and all',
    (_name, row) => {
      const saved = rewritten(detector, row)
      expect(saved).toMatchObject({
        version: detector.stateVersion,
        wakeAt: row.wakeAt,
        touchedAt: row.touchedAt,
      })
      expect(saved?.state).not.toBe(JSON.stringify(detector.initial()))
      if (row.version === detector.stateVersion) expect(saved?.state).toBe(row.state)
      expect(saved && rewritten(detector, saved)).toEqual(saved)
    },
  )
})

import { EventEmitter } from 'node:events'
import type { Bus } from './bus.ts'

/** The bus of one process. A listener is called in the turn after the hint, so a publisher never waits for it. */
export function memoryBus(): Bus {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  return {
    publish: (topic) => void setImmediate(() => emitter.emit(topic)),
    subscribe(topic, listener) {
      emitter.on(topic, listener)
      setImmediate(() => emitter.emit(topic))
      return () => void emitter.off(topic, listener)
    },
    async close() {
      emitter.removeAllListeners()
    },
  }
}

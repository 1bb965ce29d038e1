import { EventEmitter } from 'node:events'
import { Redis } from 'ioredis'
import type { Bus } from './bus.ts'
import type { RedisStanding } from './redis-standing.ts'

const PREFIX = 'billingwatch:'

/**
 * The bus of many processes, over Redis' own publish and subscribe. While Redis is away hints are lost and listeners
 * live by what they read on their own; subscriptions come back with the connection.
 * @param standing watches both connections, and hears of commands that fail on them
 */
export function redisBus(url: string, standing: RedisStanding): Bus {
  // Hints are worth nothing later: they are not queued while there is no connection.
  const publisher = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 })
  const subscriber = new Redis(url, { enableOfflineQueue: false, autoResubscribe: false })
  const onError = (error: Error): void => standing.complain(error)
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  for (const connection of [publisher, subscriber]) standing.watch(connection)
  subscriber.on('message', (channel: string) => emitter.emit(channel))

  async function follow(channels: readonly string[]) {
    if (channels.length === 0 || subscriber.status !== 'ready') return
    await subscriber.subscribe(...channels)
    for (const channel of channels) emitter.emit(channel)
  }
  subscriber.on('ready', () => follow(emitter.eventNames().map(String)).catch(onError))

  return {
    publish(topic) {
      publisher.publish(PREFIX + topic, '').catch(onError)
    },
    subscribe(topic, listener) {
      const channel = PREFIX + topic
      emitter.on(channel, listener)
      follow([channel]).catch(onError)
      return () => {
        emitter.off(channel, listener)
        const unheard = emitter.listenerCount(channel) === 0 && subscriber.status === 'ready'
        if (unheard) subscriber.unsubscribe(channel).catch(onError)
      }
    },
    async close() {
      emitter.removeAllListeners()
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

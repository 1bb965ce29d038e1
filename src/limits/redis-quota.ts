import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { Open } from './memory-quota.ts'
import { type MakeQuota, tooMany } from './quota.ts'

/** Lease of a process's count, in milliseconds: the slots of a process that died stay taken until it expires. */
const LEASE = 30_000
/** How often a count is renewed within its lease. */
const BEATS = 3

/**
 * A key's hash holds for each process how many it has open, and until when that is believed. The process asks with
 * the count that it would then have: sent again, lost or received twice, it is the same.
 */
const ASK = `
local time, others = redis.call('TIME'), 0
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local counts = redis.call('HGETALL', KEYS[1])
for at = 1, #counts, 2 do
  local count, ends = string.match(counts[at + 1], '(%d+) (%d+)')
  if tonumber(ends) <= now then redis.call('HDEL', KEYS[1], counts[at])
  elseif counts[at] ~= ARGV[1] then others = others + count end
end
if others + ARGV[2] > tonumber(ARGV[3]) then return 0 end
if ARGV[2] == '0' then redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now + ARGV[4]))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1`

export interface RedisQuotas {
  quota: MakeQuota
  /** Stops renewing. */
  close(): void
}

/**
 * Counts for all processes together. While Redis is away each process counts alone: a bound that is too generous for
 * a moment is better than sending subscribers away; what was opened meanwhile is sent when Redis is back.
 * @param redis give it a command timeout, and no offline queue
 * @param lease milliseconds
 */
export function redisQuotas(redis: Redis, lease = LEASE): RedisQuotas {
  const self = randomUUID()
  const beats: (() => void)[] = []
  const timer = setInterval(() => {
    for (const beat of beats) beat()
  }, lease / BEATS).unref()

  const quota: MakeQuota = (what, most) => {
    const open = new Open()
    /** Whether it fits with what the others have; without Redis it does. */
    const ask = async (key: string, limit: number): Promise<boolean> => {
      const name = `billingwatch:open:${what}:${key}`
      const fits = await redis.eval(ASK, 1, name, self, open.of(key), limit, lease).catch(() => 1)
      return fits !== 0
    }
    const renew = (key: string) => ask(key, Number.MAX_SAFE_INTEGER)
    beats.push(() => {
      for (const key of open.keys()) void renew(key)
    })
    return {
      async take(key) {
        if (open.of(key) >= most) throw tooMany(what, most)
        const remove = open.add(key)
        const giveBack = () => {
          remove()
          void renew(key)
        }
        if (await ask(key, most)) return giveBack
        giveBack()
        throw tooMany(what, most)
      },
    }
  }
  return { quota, close: () => clearInterval(timer) }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { afterwards } from './afterwards.ts'
import { answeredInTime, noneStored, type Span, saysNotReady, truthful } from './checks.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import {
  corrupt,
  fillDisk,
  forbidWriting,
  lock,
  type Mend,
  makeReadOnly,
  missingImmutable,
  missingMount,
  missingPrlimit,
  onSmallDisk,
  replace,
} from './files.ts'
import { SteadyLoad } from './load.ts'
import { onSqlite, type Place } from './places.ts'
import { Cluster } from './rig.ts'

const TENANTS = 6
const PER_SECOND = 20
const ANSWER_WITHIN = 12
/** Seconds that nothing can be stored, from when the server has noticed it. */
const [LONG, SHORT] = [60, 6]
/** Seconds within which damage is noticed that nobody meets: the file is read through from a minute after the start. */
const DAMAGE_NOTICED_WITHIN = 150

interface Broken {
  place(): Promise<Place>
  damage(cluster: Cluster): Promise<Mend>
  /** Whether the server has to be started again, and takes nothing before. */
  restart: boolean
}

/** The file cannot be written for a while; nothing that was answered 200 may be lost by it. */
async function unwritable(broken: Broken, { short, say }: FaultOptions): Promise<Check[]> {
  const cluster = await Cluster.start(await broken.place(), 1)
  let mend: Mend | undefined
  try {
    const load = await loadOn(cluster)
    await sleep(2_000)
    mend = await broken.damage(cluster)
    const unready = await saysNotReady(cluster, 0)
    say(`it says that it is not ready, ${load.sent.length} events sent`)
    const span: Span = { from: performance.now(), to: 0 }
    await sleep((short ? SHORT : LONG) * 1_000)
    span.to = performance.now()
    if (broken.restart) await cluster.kill(0)
    await mend()
    mend = undefined
    if (broken.restart) await cluster.restart(0)
    await sleep(2_000)
    say(`mended, ${load.sent.length} events sent`)
    return [
      noneStored(load, span),
      unready,
      ...(await afterwards(cluster, load)),
      answeredInTime(load, ANSWER_WITHIN),
    ]
  } finally {
    await mend?.()
    await cluster.stop()
  }
}

async function loadOn(cluster: Cluster): Promise<SteadyLoad> {
  const tenants = await cluster.tenants(TENANTS)
  const load = new SteadyLoad(tenants, cluster.urlOf, () => cluster.all, { repeatAfter: 1_000 })
  load.start(PER_SECOND)
  return load
}

export const databaseLocked: Fault = {
  name: 'sqlite-locked',
  description: 'another program holds the write lock of the SQLite file',
  missing: async () => undefined,
  run: (options) => unwritable({ place: onSqlite, damage: lock, restart: false }, options),
}

export const readOnly: Fault = {
  name: 'sqlite-read-only',
  description: 'the SQLite file and its log become read-only',
  missing: missingImmutable,
  run: (options) => unwritable({ place: onSqlite, damage: makeReadOnly, restart: false }, options),
}

export const writesFail: Fault = {
  name: 'sqlite-writes-fail',
  description: 'every write of the server to its files fails',
  missing: missingPrlimit,
  run: (options) => unwritable({ place: onSqlite, damage: forbidWriting, restart: false }, options),
}

export const diskFull: Fault = {
  name: 'disk-full',
  description: 'nothing more fits on the disk of the SQLite file',
  missing: missingMount,
  run: (options) => unwritable({ place: onSmallDisk, damage: fillDisk, restart: false }, options),
}

/** What is stored in a file that is no longer at its path is gone at the next start. */
export const fileReplaced: Fault = {
  name: 'sqlite-replaced',
  description: 'another file takes the place of the SQLite file; it is put back before a restart',
  missing: async () => undefined,
  run: (options) => unwritable({ place: onSqlite, damage: replace, restart: true }, options),
}

/** Nobody can say what is left of it: the server must notice, take nothing more and say so. */
export const fileCorrupt: Fault = {
  name: 'sqlite-corrupt',
  description: 'garbage is written into the SQLite file',
  missing: async () => undefined,
  async run({ short, say }) {
    const cluster = await Cluster.start(await onSqlite(), 1)
    try {
      const load = await loadOn(cluster)
      await sleep(2_000)
      await corrupt(cluster)
      const began = performance.now()
      const unready = await saysNotReady(cluster, 0, DAMAGE_NOTICED_WITHIN)
      say(`noticed after ${((performance.now() - began) / 1_000).toFixed(0)} s`)
      const span: Span = { from: performance.now(), to: 0 }
      await sleep((short ? SHORT : LONG) * 1_000)
      const still = await saysNotReady(cluster, 0)
      span.to = performance.now()
      await load.stop(0)
      return [unready, { ...still, what: 'and goes on saying so' }, noneStored(load, span), truthful(load)]
    } finally {
      await cluster.stop()
    }
  },
}

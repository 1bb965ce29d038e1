import { parentPort, workerData } from 'node:worker_threads'
import { stopwatch } from '../../time.ts'
import { RollingCheck } from './integrity.ts'

// A thread of its own: checking reads at the disk's pace, and deliveries are answered meanwhile.
const check = new RollingCheck(String(workerData), stopwatch)
parentPort?.on('message', () => parentPort?.postMessage(check.next()))

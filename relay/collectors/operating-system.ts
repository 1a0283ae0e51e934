import { readdir, readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Host } from './collector.ts'
import type { ProcessProbe } from './process.ts'

/** Codes by which a system says that it does not have what was asked for, or keeps it from us. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENOSYS'])

async function unlessAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined
    throw error
  }
}

/** The machine that this runs on. */
export const operatingSystem: Host = {
  readText: (path) => unlessAbsent(readFile(path, 'utf8')),
  list: (path) => unlessAbsent(readdir(path)),
  fileSystem: async (path) => {
    const size = await unlessAbsent(statfs(path))
    return size && { totalBytes: size.blocks * size.bsize, freeBytes: size.bavail * size.bsize }
  },
  processors: () => cpus().map(({ times }) => times),
  memory: () => ({ totalBytes: totalmem(), freeBytes: freemem() }),
  load: () => {
    // Windows has no load average, and Node says 0 for it.
    if (process.platform === 'win32') return undefined
    const [one = 0, five = 0, fifteen = 0] = loadavg()
    return [one, five, fifteen]
  },
  uptimeSeconds: uptime,
}

const NANOSECONDS_PER_MS = 1e6
const DELAY_RESOLUTION_MS = 10

/** The process that this runs in; `stop` ends the measuring of the event loop. */
export function probeOwnProcess(): ProcessProbe & { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  // The histogram holds the whole time between two samples; what is above their distance is delay.
  const excess = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS_PER_MS - DELAY_RESOLUTION_MS) : 0
  return {
    cpuMicroseconds: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    memory: () => process.memoryUsage(),
    uptimeSeconds: () => process.uptime(),
    eventLoopDelayMs: () => {
      const measured = { mean: excess(delay.mean), max: delay.count === 0 ? 0 : excess(delay.max) }
      delay.reset()
      return measured
    },
    stop: () => {
      delay.disable()
    },
  }
}

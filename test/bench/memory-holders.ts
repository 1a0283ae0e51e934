import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import type { Worker } from 'node:worker_threads'

const KIBI = 1024
const ARENA_BYTES = 2n ** 26n

/** Resident megabytes of this process, by what holds them. Of Linux with glibc. */
export interface MemoryHolders {
  /** Mapped files: Node and the libraries of the system. */
  program: number
  /** Of malloc: the main arena, and those of the other threads. */
  arenas: number
  /** All else that is mapped: V8's heaps, code, memories of WebAssembly, stacks, large blocks of malloc. */
  mapped: number
  /** Committed by V8 for objects, a thread each. */
  heaps: number[]
}

const workers = new Set<Worker>()
process.on('worker', (worker: Worker) => {
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
})

/** Threads count that have started since this module was loaded. */
export async function memoryHolders(): Promise<MemoryHolders> {
  const statistics = [
    getHeapStatistics(),
    ...(await Promise.all([...workers].map((worker) => worker.getHeapStatistics()))),
  ]
  return { ...residentByKind(), heaps: statistics.map((heap) => heap.total_physical_size / 1e6) }
}

function residentByKind(): Pick<MemoryHolders, 'program' | 'arenas' | 'mapped'> {
  const sums = { program: 0, arenas: 0, mapped: 0 }
  let kind: keyof typeof sums = 'mapped'
  let arenaEnd = 0n
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+\s*(.*)$/.exec(line)
    if (head) {
      const [from, to] = [BigInt(`0x${head[1]}`), BigInt(`0x${head[2]}`)]
      const name = head[3] ?? ''
      // An arena of a thread begins at a multiple of its 64 MiB, which are all reserved.
      if (name === '' && from % ARENA_BYTES === 0n) arenaEnd = from + ARENA_BYTES
      if (name.startsWith('/')) kind = 'program'
      else kind = name === '[heap]' || (name === '' && to <= arenaEnd) ? 'arenas' : 'mapped'
    } else if (line.startsWith('Rss:')) sums[kind] += (Number(/\d+/.exec(line)?.[0]) * KIBI) / 1e6
  }
  return sums
}

import { collectAll } from '../core/idle-collector.ts'

/** The memory of so small an instance of the core can wait. */
const LEAST_BYTES = 4 << 20
/** Memory that is asked for and not touched, so that it takes no room: it counts for the collector all the same. */
const PRESSURE_BYTES = 64 << 20
const ROUNDS = 5
const ROUND_MS = 20

/**
 * Brings the collector to look for memory of instances of the core that nobody refers to any more, of about so many bytes; resolves when
 * it has had occasion to. It does so by itself only when enough is asked for, which in a thread that has become idle may be never. Threads of
 * Node have a call for it, which takes some milliseconds, and at last some ten for their objects' empty pages to be given back as well.
 */
export async function urgeCollector(bytes: number): Promise<void> {
  if (bytes < LEAST_BYTES) return
  for (let round = 0; round < ROUNDS; round++) {
    // The caller may refer to it until its own turn ends.
    await new Promise<void>((resolve) => setTimeout(resolve, ROUND_MS))
    if (globalThis.gc === undefined) new ArrayBuffer(PRESSURE_BYTES)
    else if (round + 1 < ROUNDS) globalThis.gc()
    else collectAll(globalThis.gc)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { sendAll } from './systems/system.ts'

/** Rows are appended at this pace however long they take, so that a slow one does not hide those that would have waited. */
const PROBE_INTERVAL_MS = 10
const TIMEOUT_MS = 30_000

export interface VisibilityProbe {
  batches: readonly Uint8Array<ArrayBuffer>[]
  inFlight: number
  ingest(batch: Uint8Array<ArrayBuffer>): Promise<void>
  /** Appends one row with this value to a table of its own. */
  write(value: number): Promise<void>
  /** The values from `least` on that a query sees. */
  read(least: number): Promise<number[]>
}

/** While everything is loaded, appends rows one by one: milliseconds from each append's start to an answer that has it. */
export async function measureVisibility(probe: VisibilityProbe): Promise<number[]> {
  const waiting = new Map<number, number>()
  const writes: Promise<void>[] = []
  const times: number[] = []
  let isLoading = true
  const load = sendAll(probe.batches, probe.inFlight, (batch) => probe.ingest(batch)).finally(() => {
    isLoading = false
  })
  const append = async (): Promise<void> => {
    for (let value = 1; isLoading; value++) {
      waiting.set(value, performance.now())
      writes.push(probe.write(value))
      await sleep(PROBE_INTERVAL_MS)
    }
    await Promise.all(writes)
  }
  const watch = async (): Promise<void> => {
    while (isLoading || waiting.size > 0) {
      const [oldest] = waiting
      if (oldest === undefined) {
        await sleep(1)
        continue
      }
      const [least, since] = oldest
      if (performance.now() - since > TIMEOUT_MS) throw new Error(`a row was not visible after ${TIMEOUT_MS / 1000} s`)
      const seen = await probe.read(least)
      const now = performance.now()
      for (const value of seen) {
        const begun = waiting.get(value)
        if (begun !== undefined) times.push(now - begun)
        waiting.delete(value)
      }
    }
  }
  await Promise.all([load, append(), watch()])
  return times
}

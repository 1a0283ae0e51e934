import { sendAll } from './systems/system.ts'

export interface VisibilityProbe {
  batches: readonly Uint8Array<ArrayBuffer>[]
  inFlight: number
  ingest(batch: Uint8Array<ArrayBuffer>): Promise<void>
  /** Appends one row with this value to a table of its own. */
  write(value: number): Promise<void>
  /** The largest value that a query sees; nothing where there is none yet. */
  read(): Promise<number | undefined>
}

/** While everything is loaded, appends rows one by one: milliseconds from each append's start to an answer that has it. */
export async function measureVisibility(probe: VisibilityProbe): Promise<number[]> {
  let loading = true
  const load = sendAll(probe.batches, probe.inFlight, (batch) => probe.ingest(batch)).finally(() => {
    loading = false
  })
  const times: number[] = []
  const appendRows = async (): Promise<void> => {
    for (let value = 1; loading; value++) {
      const begun = performance.now()
      const written = probe.write(value)
      const seen = async (): Promise<void> => {
        let newest = await probe.read()
        while (newest === undefined || newest < value) newest = await probe.read()
        times.push(performance.now() - begun)
      }
      await Promise.all([written, seen()])
    }
  }
  await Promise.all([load, appendRows()])
  return times
}

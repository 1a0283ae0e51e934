import type { TsbsData } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'

export interface BenchContext {
  data: TsbsData
  /** An empty folder of the system's own. It is removed afterwards. */
  folder: string
  /** Batches of 10,000 lines; a fresh copy at each call. */
  lineBatches(): Uint8Array<ArrayBuffer>[]
}

/** One way of loading the whole data set, durable at its end. */
export interface LoadReport {
  how: string
  values: number
  wallMs: number
  cpuSeconds: number
}

/** A system under measurement, running and empty at first. */
export interface BenchSystem {
  readonly version: string
  /** Loads the data set, once or in several ways one after the other; queries read what the first left behind. */
  load(): Promise<readonly LoadReport[]>
  countRows(): Promise<number>
  /** Brings the data to rest, settled as far as the system can, and says its bytes; nothing where the system only holds it in memory. */
  storedBytes(): Promise<number | undefined>
  answer(query: TsbsQuery): Promise<Answer>
  /** Milliseconds of each run of each query, to the whole answer in the client's memory. */
  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]>
  /** Seconds of processor time that the system's process has used, where it can be told. */
  cpuSeconds(): number | undefined
  /** Milliseconds from the start of an append to the first answer that holds it, while the data set is loaded again. */
  visibility?(): Promise<number[]>
  close(): Promise<void>
}

export interface SystemDescription {
  label: string
  /** Ours or somebody else's. */
  own: boolean
  /** Why the system cannot answer over windows that are not aligned to buckets, if it cannot. */
  alignedOnly?: string
  /** What to do to have the system, where it is not there. */
  missing(): string | undefined
  open(context: BenchContext): Promise<BenchSystem>
}

/** Keeps every answer's size, so that no run can be optimised away. */
export const sink = { total: 0 }

/** Runs every query `rounds` times, one after the other. `run` says how large its answer is. */
export async function timeEach(
  queries: readonly TsbsQuery[],
  rounds: number,
  run: (query: TsbsQuery) => Promise<number>,
): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const begun = performance.now()
      sink.total += await run(query)
      times.push(performance.now() - begun)
    }
  }
  return times
}

/** Measures a load; `cpuSeconds` is read before and after. */
export async function measureLoad(
  about: { how: string; values: number; cpuSeconds: () => number | undefined },
  load: () => Promise<void>,
): Promise<LoadReport> {
  const cpu = about.cpuSeconds() ?? NaN
  const begun = performance.now()
  await load()
  const wallMs = performance.now() - begun
  return { how: about.how, values: about.values, wallMs, cpuSeconds: (about.cpuSeconds() ?? NaN) - cpu }
}

/** Sends all batches with some of them in flight at a time. */
export async function sendAll<T>(
  batches: readonly T[],
  inFlight: number,
  send: (batch: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < batches.length) {
      const batch = batches[next++]
      if (batch !== undefined) await send(batch)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sender))
}

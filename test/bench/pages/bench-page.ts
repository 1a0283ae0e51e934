import type { Answer, TsbsQuery } from '../tsbs-queries.ts'

/** What a page under measurement offers to the harness. */
export interface BenchPage {
  /** Opens an empty store and gives the system's version. */
  open(): Promise<string>
  /** Loads what the server has, and gives the milliseconds it took, without those of fetching. */
  load(): Promise<number>
  countRows(): Promise<number>
  /** Bytes at rest, or null where that cannot be told. */
  storedBytes(): Promise<number | null>
  answer(query: TsbsQuery): Promise<Answer>
  /** Milliseconds of each run of each query. */
  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]>
  close(): Promise<void>
}

declare global {
  var benchPage: BenchPage | undefined
}

/** Batches of the data set from the server, in order. */
export async function* fetchBatches(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let i = 0; ; i++) {
    const response = await fetch(`/batch/${i}`)
    if (response.status === 204) return
    yield new Uint8Array(await response.arrayBuffer())
  }
}

/** Milliseconds of each run of each query; `run` says how large its answer is. */
export async function timeInPage(
  queries: readonly TsbsQuery[],
  rounds: number,
  run: (query: TsbsQuery) => Promise<number>,
): Promise<number[]> {
  const times: number[] = []
  let answered = 0
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const begun = performance.now()
      answered += await run(query)
      times.push(performance.now() - begun)
    }
  }
  // A visible use of the answers' sizes, so that no run can be optimised away.
  document.title = String(answered)
  return times
}

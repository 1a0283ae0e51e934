import type { Batch } from '../../../engine/core/batch.ts'
import { type Engine, openEngine } from '../../../engine/engine.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { collect, decodeBatches, toTsql } from '../tsbs-tsql.ts'
import { type BenchPage, fetchBatches, timeInPage } from './bench-page.ts'

const IN_FLIGHT = 4

/** Tidemark in a worker, as a web application would run it. */
class TidemarkPage implements BenchPage {
  #open: Engine | undefined

  get #engine(): Engine {
    if (this.#open === undefined) throw new Error('the engine is not open')
    return this.#open
  }

  async open(): Promise<string> {
    this.#open = await openEngine({ store: { kind: 'browser', database: 'bench' }, answerCacheBytes: 0 })
    return 'in files of the browser'
  }

  /** Text waits in memory, so that fetching it does not count. */
  async load(): Promise<number> {
    const bodies: Uint8Array<ArrayBuffer>[] = []
    for await (const body of fetchBatches()) bodies.push(body)
    let next = 0
    const send = async (): Promise<void> => {
      while (next < bodies.length) {
        const body = bodies[next++]
        if (body === undefined) continue
        const { rejectedCount } = await this.#engine.append({ kind: 'line-protocol', body })
        if (rejectedCount > 0) throw new Error(`${rejectedCount} rows rejected`)
      }
    }
    const begun = performance.now()
    await Promise.all(Array.from({ length: IN_FLIGHT }, send))
    return performance.now() - begun
  }

  async countRows(): Promise<number> {
    const [batch] = await this.#ask('SELECT count(*) FROM cpu')
    return Number(batch?.columns[0]?.values[0])
  }

  async storedBytes(): Promise<number> {
    await this.#engine.compact()
    const { segmentBytes, logBytes } = await this.#engine.statistics()
    return segmentBytes + logBytes
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const { text, params } = toTsql(query)
    return decodeBatches(query, await this.#ask(text, params))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeInPage(queries, rounds, async (query) => {
      const { text, params } = toTsql(query)
      return (await this.#ask(text, params)).reduce((sum, batch) => sum + batch.rows, 0)
    })
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }

  async #ask(text: string, params: Readonly<Record<string, bigint>> = {}): Promise<Batch[]> {
    return collect((await this.#engine.query(text, { params })).batches)
  }
}

globalThis.benchPage = new TidemarkPage()

import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { generator } from './block-shapes.ts'
import type { PageEngine, StoredRequests } from './crash-page.ts'
import { rowCountOf } from './crash-requests.ts'
import { LastingBrowser, offerOf, PAGE_ENDS, type PageEnd } from './lasting-browser.ts'

export interface CrashOutcome {
  /** Requests whose acknowledgement was seen, and those that were stored in the end. */
  acknowledged: number
  stored: number
  /** Most segments that a check found. */
  segments: number
  /** Milliseconds of the slowest opening. */
  slowestOpenMs: number
}

interface Round {
  workers: number
  inFlight: number
  flushEvery: number
  end: PageEnd
  /** Milliseconds until the page ends. */
  afterMs: number
  /** It ends while the engine opens, not while it appends. */
  whileOpening: boolean
}

const LONGEST_APPENDING_MS = 400
const LONGEST_OPENING_MS = 80

function planRounds(seed: number, rounds: number, engine: PageEngine): Round[] {
  const next = generator(seed)
  return Array.from({ length: rounds }, (_, round): Round => {
    const whileOpening = round % 5 === 4
    return {
      // A page has no synchronous files.
      workers: engine === 'opfs' ? 1 : next() % 2,
      inFlight: 1 + (next() % 6),
      flushEvery: [0, 3, 10, 40][next() % 4] ?? 0,
      end: PAGE_ENDS[(round + seed) % PAGE_ENDS.length] ?? 'kill',
      afterMs: next() % (whileOpening ? LONGEST_OPENING_MS : LONGEST_APPENDING_MS),
      whileOpening,
    }
  })
}

/**
 * Appends in a tab, with flushes in between, until the tab comes to a sudden end, and checks what the next one finds; so many
 * times over on one profile. The plan follows from the seed, which is in the message where a check fails.
 */
export async function crashRounds(
  url: string,
  engine: PageEngine,
  { seed, rounds }: { seed: number; rounds: number },
): Promise<CrashOutcome> {
  const run = new CrashRun(engine)
  const browser = await LastingBrowser.start(url, run)
  try {
    let page = await browser.newPage()
    for (const round of planRounds(seed, rounds, engine)) {
      run.place = `${engine}, seed ${seed}, before ${JSON.stringify(round)}`
      if (round.whileOpening) await beginOpening(page, round.workers, engine)
      else await run.beginAppending(page, round, seed)
      await sleep(round.afterMs)
      run.ending = true
      page = await browser.end(page, round.end)
      run.ending = false
    }
    await run.check(page, 1)
    await (await offerOf(page)).evaluate((it) => it.close())
    return run.outcome
  } finally {
    await browser.close()
  }
}

/** The opening ends with the page. */
async function beginOpening(page: Page, workers: number, engine: PageEngine): Promise<void> {
  const offer = await offerOf(page)
  offer.evaluate((it, wanted) => it.open(wanted.workers, wanted.engine), { workers, engine }).catch(() => undefined)
}

class CrashRun {
  readonly #engine: PageEngine
  place = ''
  /** What fails from now on fails since the page ends. */
  ending = false
  readonly outcome: CrashOutcome = { acknowledged: 0, stored: 0, segments: 0, slowestOpenMs: 0 }
  readonly #acknowledged = new Set<number>()
  readonly #failures: string[] = []

  constructor(engine: PageEngine) {
    this.#engine = engine
  }

  acknowledged(request: number): void {
    this.#acknowledged.add(request)
    this.outcome.acknowledged += 1
  }

  failed(message: string): void {
    if (!this.ending) this.#failures.push(message)
  }

  async beginAppending(page: Page, { workers, inFlight, flushEvery }: Round, seed: number): Promise<void> {
    await this.check(page, workers)
    const run = { seed, inFlight, flushEvery, first: this.outcome.stored }
    await (await offerOf(page)).evaluate((it, wanted) => it.appendOn(wanted), run)
  }

  /** Opens the engine and holds what it has against what was acknowledged before. */
  async check(page: Page, workers: number): Promise<void> {
    if (this.#failures.length > 0) throw this.#error(this.#failures.join('; '))
    const offer = await offerOf(page)
    const { openMs, kind } = await offer.evaluate((it, wanted) => it.open(wanted.workers, wanted.engine), {
      workers,
      engine: this.#engine,
    })
    if (kind !== undefined) throw this.#error(`the engine did not open: ${kind}`)
    const stored = await offer.evaluate((it) => it.stored())
    this.#checkStored(stored)
    this.outcome.stored = stored.rowsOfRequest.length
    this.outcome.segments = Math.max(this.outcome.segments, stored.segments)
    this.outcome.slowestOpenMs = Math.max(this.outcome.slowestOpenMs, openMs)
  }

  #checkStored({ rowsOfRequest, wrong, quarantined }: StoredRequests): void {
    if (quarantined.length > 0) throw this.#error(quarantined.join('; '))
    if (wrong.length > 0) throw this.#error(wrong.join('\n'))
    const rows = new Map(rowsOfRequest)
    for (const [request, count] of rows) {
      if (count !== rowCountOf(request))
        throw this.#error(`request ${request} has ${count} rows of ${rowCountOf(request)}`)
    }
    const lost = [...this.#acknowledged].filter((request) => !rows.has(request))
    if (lost.length > 0) {
      const counts = `${lost.length} of ${this.#acknowledged.size}, with ${rows.size} stored`
      throw this.#error(`requests were acknowledged and are lost: ${lost.slice(0, 10)} (${counts})`)
    }
    // Requests are numbered on from what was stored and commit in their order, so that none is left out.
    for (let request = 0; request < rows.size; request++) {
      if (!rows.has(request)) throw this.#error(`of ${rows.size} requests ${request} is lost, and later ones are there`)
    }
  }

  #error(message: string): Error {
    return new Error(`${this.place}: ${message}`)
  }
}

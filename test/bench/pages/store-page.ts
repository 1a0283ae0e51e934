import { type BrowserEngine, collectRows, type Engine, openEngine } from '../../../engine/engine.ts'

export interface Ingest {
  ms: number
  /** Frames that the page drew meanwhile, and the longest time between two. */
  frames: number
  longestFrameMs: number
}

/** What is measured of a database of the browser. */
export interface StorePage {
  open(engine: BrowserEngine, cacheBytes?: number): Promise<number>
  /** Milliseconds of each of `count` appends of one row, one after the other. */
  appendOne(count: number): Promise<number[]>
  /** Milliseconds of `count` appends of one row with so many under way. */
  appendMany(count: number, inFlight: number): Promise<number>
  /** Fetches line protocol from the server, to be loaded. */
  fetchLines(): Promise<number>
  load(inFlight: number): Promise<Ingest>
  /** Frames while nothing is done, for comparison. */
  idle(ms: number): Promise<Ingest>
  /** Milliseconds of a sum over every value of every field; what it found. */
  scan(): Promise<{ ms: number; rows: number }>
  flush(): Promise<void>
  close(): Promise<void>
}

declare global {
  var storePage: StorePage | undefined
}

/** Counts the frames that are drawn until it is stopped. */
class FrameCount {
  #frames = 0
  #longestMs = 0
  #last = performance.now()
  #isRunning = true

  constructor() {
    const frame = (now: number): void => {
      if (!this.#isRunning) return
      this.#frames += 1
      this.#longestMs = Math.max(this.#longestMs, now - this.#last)
      this.#last = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame((now) => {
      this.#last = now
      requestAnimationFrame(frame)
    })
  }

  stop(): { frames: number; longestFrameMs: number } {
    this.#isRunning = false
    return { frames: this.#frames, longestFrameMs: this.#longestMs }
  }
}

class EnginePage implements StorePage {
  #open: Engine | undefined
  #bodies: Uint8Array<ArrayBuffer>[] = []
  #appended = 0

  get #engine(): Engine {
    if (this.#open === undefined) throw new Error('the engine is not open')
    return this.#open
  }

  async open(engine: BrowserEngine, cacheBytes = 1 << 20): Promise<number> {
    const begun = performance.now()
    this.#open = await openEngine({ store: { kind: 'browser', database: `bench-${engine}`, engine }, cacheBytes })
    return performance.now() - begun
  }

  async appendOne(count: number): Promise<number[]> {
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const begun = performance.now()
      await this.#append()
      times.push(performance.now() - begun)
    }
    return times
  }

  async appendMany(count: number, inFlight: number): Promise<number> {
    let left = count
    const send = async (): Promise<void> => {
      while (left-- > 0) await this.#append()
    }
    const begun = performance.now()
    await Promise.all(Array.from({ length: inFlight }, send))
    return performance.now() - begun
  }

  async fetchLines(): Promise<number> {
    this.#bodies = []
    for (let i = 0; ; i++) {
      const response = await fetch(`/batch/${i}`)
      if (response.status === 204) return this.#bodies.length
      this.#bodies.push(new Uint8Array(await response.arrayBuffer()))
    }
  }

  async load(inFlight: number): Promise<Ingest> {
    let next = 0
    const send = async (): Promise<void> => {
      for (let body = this.#bodies[next++]; body !== undefined; body = this.#bodies[next++]) {
        const { rejectedCount } = await this.#engine.append({ kind: 'line-protocol', body })
        if (rejectedCount > 0) throw new Error(`${rejectedCount} rows rejected`)
      }
    }
    const frames = new FrameCount()
    const begun = performance.now()
    await Promise.all(Array.from({ length: inFlight }, send))
    const ms = performance.now() - begun
    this.#bodies = []
    return { ms, ...frames.stop() }
  }

  async idle(ms: number): Promise<Ingest> {
    const frames = new FrameCount()
    await new Promise((resolve) => setTimeout(resolve, ms))
    return { ms, ...frames.stop() }
  }

  async scan(): Promise<{ ms: number; rows: number }> {
    const { tables } = await this.#engine.catalog()
    const fields = tables.find(({ name }) => name === 'cpu')?.fields ?? []
    // A filter has every value decoded: headers alone would answer without it.
    const sums = fields.map(({ name }) => `sum(${name} + 1)`)
    const begun = performance.now()
    const answer = await this.#engine.query(`SELECT count(*), ${sums.join(', ')} FROM cpu`)
    const { columns } = await collectRows(answer)
    return { ms: performance.now() - begun, rows: Number(columns[0]?.values[0]) }
  }

  flush(): Promise<void> {
    return this.#engine.flush()
  }

  async close(): Promise<void> {
    await this.#engine.close()
    this.#open = undefined
  }

  async #append(): Promise<void> {
    const row = this.#appended++
    await this.#engine.append({
      kind: 'line-protocol',
      body: `probe,sensor=s${row % 10} value=${row} ${row * 1_000_000}`,
    })
  }
}

globalThis.storePage = new EnginePage()

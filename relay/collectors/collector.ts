/** A row of a host table on its way to line protocol. Whole numbers are stored as i64 where `integers` says so. */
export interface HostRow {
  table: string
  tags: Readonly<Record<string, string>>
  /** f64 values. */
  floats?: Readonly<Record<string, number>>
  /** i64 values. */
  integers?: Readonly<Record<string, number>>
}

/** Reads one part of the host. Collectors of rates keep what they saw last and say nothing the first time. */
export interface Collector {
  /** `nowMs` is a time of a monotonic clock, for rates. */
  collect(nowMs: number): Promise<readonly HostRow[]>
}

/** The operating system as collectors see it; a test has one that reads recorded texts. */
export interface Host {
  /** Text of a file such as `/proc/stat`, or `undefined` on a system that has none. */
  readText(path: string): Promise<string | undefined>
  /** Names in a folder, or `undefined` where there is none. */
  list(path: string): Promise<readonly string[] | undefined>
  /** Bytes of the file system that holds a path. */
  fileSystem(path: string): Promise<{ totalBytes: number; freeBytes: number } | undefined>
  /** Milliseconds that each processor spent since boot. */
  processors(): readonly ProcessorTimes[]
  memory(): { totalBytes: number; freeBytes: number }
  /** Load averages over 1, 5 and 15 minutes, or `undefined` where the system has none. */
  load(): readonly [number, number, number] | undefined
  uptimeSeconds(): number
}

export interface ProcessorTimes {
  user: number
  nice: number
  sys: number
  idle: number
  irq: number
}

/** Two decimals are what a percentage or a load is worth, and store in less. */
export function round2(value: number): number {
  return Math.round(value * 100) / 100
}

/** How fast counters grow, by key. A counter that went back (a device replaced, a wrap) has no rate. */
export class Rates {
  #last = new Map<string, number>()
  #lastMs: number | undefined

  /** Growth of each counter a second since the call before; keys that are new are left out. */
  perSecond(counters: ReadonlyMap<string, number>, nowMs: number): ReadonlyMap<string, number> {
    const rates = new Map<string, number>()
    const seconds = this.#lastMs === undefined ? 0 : (nowMs - this.#lastMs) / 1000
    if (seconds > 0) {
      for (const [key, value] of counters) {
        const before = this.#last.get(key)
        if (before !== undefined && value >= before) rates.set(key, (value - before) / seconds)
      }
    }
    this.#last = new Map(counters)
    this.#lastMs = nowMs
    return rates
  }
}

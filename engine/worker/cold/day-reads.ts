import { dayOf } from '../../cold/cold-manifest.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { BlobStore } from '../../storage/store.ts'
import { rowsOf, type StoredRows } from '../../storage/tombstone.ts'
import type { HostPort } from '../shard/host-port.ts'

/** The blob that keeps over restarts when days were read; it is no data, and counts as empty where it cannot be read. */
export const DAY_READS_NAME = 'day-reads.json'
const VERSION = 1
/** What was read since it was last saved is lost when the process ends at once. */
const SAVE_NS = 600_000_000_000n

/** When queries last read rows of the days of tables that are here, to the minute about. */
export class DayReads {
  readonly #blobs: BlobStore
  /** Days that are not known were not read since then; before, nobody counted. */
  #since: bigint
  #byTable = new Map<string, Map<number, bigint>>()
  #savedAt: bigint
  #isSaved = true

  private constructor(blobs: BlobStore, now: bigint) {
    this.#blobs = blobs
    this.#since = now
    this.#savedAt = now
  }

  static async open(blobs: BlobStore, now: bigint): Promise<DayReads> {
    const reads = new DayReads(blobs, now)
    const names = await blobs.list()
    const isKnown = names.some(({ name }) => name === DAY_READS_NAME) && reads.#restore(await blobs.get(DAY_READS_NAME))
    reads.#isSaved = isKnown
    return reads
  }

  lastRead(table: string, day: number): bigint {
    return this.#byTable.get(table)?.get(day) ?? this.#since
  }

  /** Asks hosts what was read since they were last asked, of tables that have rows in segments. */
  async collect(hosts: readonly HostPort[], segments: readonly SegmentInfo[], now: bigint): Promise<void> {
    const there = rowsOf(segments)
    for (const read of await Promise.all(hosts.map((host) => host.takeReads()))) {
      for (const [table, ranges] of read) {
        const whole = rangeOf(there, table)
        if (whole) this.#note(table, ranges, whole, now)
      }
    }
    if (now - this.#savedAt >= SAVE_NS) await this.save(now)
  }

  #note(table: string, ranges: readonly TimeRange[], there: TimeRange, now: bigint): void {
    const days = this.#byTable.get(table) ?? new Map<number, bigint>()
    this.#byTable.set(table, days)
    for (const range of ranges) {
      const start = range.start > there.start ? range.start : there.start
      const end = range.end < there.end ? range.end : there.end
      if (start >= end) continue
      for (let day = dayOf(start); day <= dayOf(end - 1n); day++) days.set(day, now)
      this.#isSaved = false
    }
  }

  /** Days of a table that are cold now; what is read of them is counted no more. */
  forget(table: string, days: Iterable<number>): void {
    for (const day of days) if (this.#byTable.get(table)?.delete(day)) this.#isSaved = false
  }

  /** A table is gone. */
  forgetTable(table: string): void {
    if (this.#byTable.delete(table)) this.#isSaved = false
  }

  async save(now: bigint): Promise<void> {
    if (this.#isSaved) return
    const text = JSON.stringify(
      { version: VERSION, since: this.#since, tables: this.#byTable },
      (_key, value: unknown) => {
        if (value instanceof Map) return [...value]
        return typeof value === 'bigint' ? value.toString() : value
      },
    )
    await this.#blobs.put(DAY_READS_NAME, new TextEncoder().encode(text))
    this.#savedAt = now
    this.#isSaved = true
  }

  /** Whether the bytes are what was saved. */
  #restore(bytes: Uint8Array): boolean {
    try {
      const { version, since, tables } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
      if (version !== VERSION || !Array.isArray(tables)) return false
      const byTable = new Map(
        tables.map(([table, days]) => [String(table), new Map<number, bigint>(days.map(readDay))]),
      )
      this.#since = BigInt(String(since))
      this.#byTable = byTable
      return true
    } catch (error) {
      // JSON of another form: then nothing is known, and days stay a while longer.
      if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return false
      throw error
    }
  }
}

/** From the first row of a table to after its last one. */
function rangeOf(there: readonly StoredRows[], table: string): TimeRange | undefined {
  const own = there.filter((rows) => rows.table === table)
  const [first] = own
  if (first === undefined) return undefined
  const start = own.reduce((least, { minTime }) => (minTime < least ? minTime : least), first.minTime)
  const last = own.reduce((most, { maxTime }) => (maxTime > most ? maxTime : most), first.maxTime)
  return { start, end: last + 1n }
}

function readDay(entry: unknown): [number, bigint] {
  if (!Array.isArray(entry)) throw new TypeError('a day is not an entry')
  return [Number(entry[0]), BigInt(String(entry[1]))]
}

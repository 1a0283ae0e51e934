import { TidemarkError } from '../core/errors.ts'
import { type ColdReadCounts, noCounts } from '../core/read-counts.ts'
import type { TimeRange } from '../scan/row-group.ts'
import { ColdFile, type FilePlace } from './cold-file.ts'
import { type ColdFileInfo, DAY_NS } from './cold-manifest.ts'
import type { Traffic } from './object-store.ts'

/** Indexes of files that are kept in memory when nothing is being read. */
const INDEX_BUDGET_BYTES = 64 << 20
/** Files whose indexes are read at a time. */
const FILES_AT_A_TIME = 8

/** The ref of a series by its canonical key; `undefined` where it belongs to another host. */
export type AdoptSeries = (key: Uint8Array) => number | undefined

/** Rows of one file by series, less those that deletes below a number hide. */
export interface ColdGroups {
  deletes: number
  bySeries: Awaited<ReturnType<ColdFile['groups']>>
}

/** What was asked of the place, and what is kept here of it. */
export interface ColdSourceStatistics extends Traffic {
  keptBytes: number
}

/** What one host reads of the cold tier: its share of the series of the files that count. */
export class ColdSource {
  readonly #place: FilePlace
  readonly #adopt: AdoptSeries
  #files: readonly ColdFileInfo[] = []
  /** By key, least recently used first. */
  readonly #open = new Map<string, Promise<ColdFile>>()
  readonly #opened = new Map<string, ColdFile>()
  readonly #damaged = new Map<string, string>()

  constructor(place: FilePlace, adopt: AdoptSeries) {
    this.#place = place
    this.#adopt = adopt
  }

  get quarantined(): { name: string; reason: string }[] {
    return [...this.#damaged].map(([name, reason]) => ({ name, reason }))
  }

  /** Those that count, in the order of their rows' age. */
  get files(): readonly ColdFileInfo[] {
    return this.#files
  }

  get statistics(): ColdSourceStatistics {
    return { ...this.#place.objects.traffic, keptBytes: this.#place.kept.bytes }
  }

  /** Says which files count, in the order of their rows' age. */
  setFiles(files: readonly ColdFileInfo[]): void {
    const keys = new Set(files.map(({ key }) => key))
    this.#place.kept.setFiles(keys)
    for (const { key } of this.#files) if (!keys.has(key)) this.#forget(key)
    this.#files = files
  }

  /** Has the series registered of all files that may have rows of the table in the range; of any time where there is none. */
  async prepare(table: string, range?: TimeRange, counts?: ColdReadCounts): Promise<void> {
    await this.#openAll(this.#meeting(table, range), counts)
  }

  /** First and last time that files of the table may have. */
  bounds(table: string): TimeRange | undefined {
    let bounds: TimeRange | undefined
    for (const { minTime, maxTime } of this.#meeting(table)) {
      const start = bounds && bounds.start < minTime ? bounds.start : minTime
      const end = bounds && bounds.end > maxTime ? bounds.end : maxTime
      bounds = { start, end }
    }
    return bounds
  }

  /** Calls back with first time and rows of what there is of some series in the range; of all, where a file is not open. */
  outline(table: string, refs: Uint32Array, range: TimeRange, visit: (minTime: bigint, rows: number) => void): void {
    for (const { key, minTime, rows } of this.#meeting(table, range)) {
      const file = this.#opened.get(key)
      if (file === undefined) visit(minTime, rows)
      else for (const ref of refs) file.eachExtent(ref, range, visit)
    }
  }

  /**
   * What there is of some series in a range now, oldest first; the files are chosen when this is called, whatever counts by
   * the time they have been read. Without the counts of a query nothing is kept here of what is fetched: a day that is written
   * anew is not read again as it was.
   */
  async read(
    table: string,
    refs: Iterable<number>,
    fields: readonly string[],
    { range, counts }: { range: TimeRange; counts?: ColdReadCounts | undefined },
  ): Promise<readonly ColdGroups[]> {
    const chosen = this.#meeting(table, range)
    const files = await this.#openAll(chosen, counts)
    const groups: ColdGroups[] = []
    for (const file of files) {
      const bySeries = await this.#guard(file.info, () => file.groups(refs, fields, range, counts))
      groups.push({ deletes: file.info.deletes ?? 0, bySeries })
    }
    return groups
  }

  /** Series of the table with rows in files of a day that are this host's. */
  async refsOfDay(table: string, day: number): Promise<number[]> {
    const start = BigInt(day) * DAY_NS
    const files = await this.#openAll(this.#meeting(table, { start, end: start + DAY_NS }))
    return [...new Set(files.flatMap((file) => [...file.refs]))]
  }

  /** Why a file of the table and day cannot be read, `undefined` where all can. */
  damageOf(table: string, day: number): string | undefined {
    const damaged = this.#files.find((file) => file.table === table && file.day === day && this.#damaged.has(file.key))
    return damaged && this.#damaged.get(damaged.key)
  }

  /** Forgets indexes down to the budget. Nothing may be reading. */
  trim(): void {
    let bytes = 0
    for (const file of this.#opened.values()) bytes += file.indexBytes
    for (const [key, file] of this.#opened) {
      if (bytes <= INDEX_BUDGET_BYTES) return
      bytes -= file.indexBytes
      this.#forget(key)
    }
  }

  #meeting(table: string, range?: TimeRange): ColdFileInfo[] {
    return this.#files.filter((file) => {
      if (file.table !== table || this.#damaged.has(file.key)) return false
      return range === undefined || (file.minTime < range.end && file.maxTime >= range.start)
    })
  }

  async #openAll(infos: readonly ColdFileInfo[], counts: ColdReadCounts = noCounts()): Promise<ColdFile[]> {
    const files: ColdFile[] = []
    for (let i = 0; i < infos.length; i += FILES_AT_A_TIME) {
      const some = infos.slice(i, i + FILES_AT_A_TIME)
      files.push(...(await Promise.all(some.map((info) => this.#guard(info, () => this.#openFile(info, counts))))))
    }
    return files
  }

  async #openFile(info: ColdFileInfo, counts: ColdReadCounts): Promise<ColdFile> {
    const { key } = info
    const opening = this.#open.get(key) ?? ColdFile.open(info, this.#place, this.#adopt, counts)
    this.#open.delete(key)
    this.#open.set(key, opening)
    try {
      const file = await opening
      if (this.#open.get(key) !== opening) return file
      this.#opened.delete(key)
      this.#opened.set(key, file)
      return file
    } catch (error) {
      if (this.#open.get(key) === opening) this.#open.delete(key)
      throw error
    }
  }

  /** A file that fails its checks is left out from then on, and reported. */
  async #guard<T>(info: ColdFileInfo, task: () => Promise<T>): Promise<T> {
    try {
      return await task()
    } catch (error) {
      if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) {
        this.#damaged.set(info.key, error.message)
        this.#forget(info.key)
      }
      throw error
    }
  }

  #forget(key: string): void {
    const file = this.#opened.get(key)
    if (file) this.#place.cache.drop(file)
    this.#opened.delete(key)
    this.#open.delete(key)
  }
}

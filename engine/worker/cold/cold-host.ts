import { type Codecs, loadCodecs } from '../../cold/codecs.ts'
import { type ColdLocation, openObjects } from '../../cold/cold-location.ts'
import { type ColdFileInfo, DAY_NS, fileKey } from '../../cold/cold-manifest.ts'
import { ColdSource } from '../../cold/cold-source.ts'
import { KeptParts, type KeptPartsOptions } from '../../cold/kept-parts.ts'
import type { ObjectStore } from '../../cold/object-store.ts'
import type { FileColumn } from '../../cold/parquet-chunk.ts'
import { systemClock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import { nextTurn } from '../../core/next-turn.ts'
import { compareUtf8, encodeSeriesKey } from '../../core/series.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { RowGroup } from '../../scan/row-group.ts'
import type { BlockCache } from '../../storage/block-cache.ts'
import type { TableColumns } from '../../storage/manifest.ts'
import type { ShardSource } from '../shard/shard-source.ts'
import { rowsOfDay } from './day-groups.ts'

/** A file is finished when its row groups take so much. */
const FILE_BYTES = 64 << 20
/** Series that are read at a time for a file. */
const SERIES_AT_A_TIME = 64

/** A day of a table that is to be written as Parquet. */
export interface DayTask {
  table: string
  day: number
  /** Names of the segments of which it is made, with what is cold already. */
  segments: readonly string[]
  columns: TableColumns
  /** Deletes of lower numbers are visible, so that what is written has them carried out. */
  deletes: number
}

export interface ColdHostParts {
  kernel: Kernel
  cache: BlockCache
  index: SeriesIndex
  source: ShardSource
  adopt(key: Uint8Array): number | undefined
}

/** One host's share of the cold tier: reads its series, and writes days of them. */
export class ColdHost {
  readonly source: ColdSource
  readonly #parts: ColdHostParts
  readonly #codecs: Codecs
  readonly #store: ObjectStore | undefined

  private constructor(source: ColdSource, parts: ColdHostParts, codecs: Codecs, store: ObjectStore | undefined) {
    this.source = source
    this.#parts = parts
    this.#codecs = codecs
    this.#store = store
  }

  static async open(
    location: ColdLocation | { kind: 'closed' },
    parts: ColdHostParts,
    keeping: KeptPartsOptions,
  ): Promise<ColdHost> {
    const [{ reader, store }, codecs, kept] = await Promise.all([
      openObjects(location, systemClock),
      loadCodecs(),
      KeptParts.open(keeping),
    ])
    const place = { objects: reader, kernel: parts.kernel, codecs, cache: parts.cache, kept }
    return new ColdHost(new ColdSource(place, parts.adopt), parts, codecs, store)
  }

  /**
   * Writes this host's share of a day, out of segments and of what is cold of it, and reads back what the store has. The files
   * count once a manifest names them. Throws `corrupt` where something of the day is damaged, `io` where the store fails.
   */
  async writeDay(task: DayTask): Promise<ColdFileInfo[]> {
    const damage = this.source.damageOf(task.table, task.day)
    if (damage !== undefined) throw new TidemarkError('corrupt', damage)
    const { FileWriter } = await import('../../cold/file-writer.ts')
    const columns = fileColumns(task.columns)
    const made = { kernel: this.#parts.kernel, codecs: this.#codecs }
    const infos: ColdFileInfo[] = []
    let writer = new FileWriter(task.table, columns, made)
    const finish = async (): Promise<void> => {
      if (writer.rows === 0) return
      const { bytes, ...info } = writer.finish()
      const { table, day, deletes } = task
      infos.push(await this.#put(bytes, { ...info, table, day, ...(deletes > 0 && { deletes }) }))
      writer = new FileWriter(task.table, columns, made)
    }
    const refs = await this.#refsOfDay(task)
    for (let from = 0; from < refs.length; from += SERIES_AT_A_TIME) {
      const some = refs.slice(from, from + SERIES_AT_A_TIME)
      const groups = await this.#parts.source.reading(() => this.#groupsOfDay(task, some))
      for (const ref of some) this.#addSeries(writer, task, { ref, groups: groups.get(ref) ?? [] })
      if (writer.bytes > FILE_BYTES) await finish()
      await nextTurn()
    }
    await finish()
    return infos
  }

  #addSeries(
    writer: {
      add(part: Parameters<InstanceType<typeof import('../../cold/file-writer.ts').FileWriter>['add']>[0]): void
    },
    task: DayTask,
    { ref, groups }: { ref: number; groups: readonly RowGroup[] },
  ): void {
    const { kernel, index } = this.#parts
    const rows = rowsOfDay(groups, task.day, { fields: [...task.columns.fields.keys()], kernel })
    if (rows === undefined) return
    const series = index.series(ref)
    writer.add({ key: encodeSeriesKey(series), tags: series.tags, ...rows })
  }

  /** In the order of their tags. */
  async #refsOfDay({ table, day }: DayTask): Promise<number[]> {
    await this.source.refsOfDay(table, day)
    return [...(await this.#parts.index.select(table, []))]
  }

  async #groupsOfDay(task: DayTask, refs: readonly number[]): Promise<Map<number, RowGroup[]>> {
    const start = BigInt(task.day) * DAY_NS
    const range = { start, end: start + DAY_NS }
    const cold = await this.#parts.source.readCold(task.table, refs, [...task.columns.fields.keys()], { range })
    const local = await this.#parts.source.readWhole(task.segments, refs, range)
    return new Map(refs.map((ref) => [ref, [...(cold.get(ref) ?? []), ...(local.get(ref)?.[0] ?? [])]]))
  }

  async #put(bytes: Uint8Array, info: Omit<ColdFileInfo, 'key' | 'bytes'>): Promise<ColdFileInfo> {
    if (this.#store === undefined) throw new TidemarkError('invalid', 'this cold tier cannot be written')
    const hash = Array.from(this.#parts.kernel.sha256(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
    const key = fileKey(info.table, info.day, hash)
    await this.#store.put(key, bytes)
    const stored = await this.#store.get(key)
    const isSame = stored?.bytes.length === bytes.length && stored.bytes.every((byte, i) => byte === bytes[i])
    if (!isSame) throw new TidemarkError('io', `${this.#store.place} does not give back ${key} as it was put`)
    return { key, bytes: bytes.length, ...info }
  }
}

/** Times, fields by name, tags by name. */
function fileColumns({ fields, tags }: TableColumns): FileColumn[] {
  const ordered = [...fields].sort(([a], [b]) => compareUtf8(a, b))
  return [
    { name: 'time', kind: 'time', type: 'time' },
    ...ordered.map(([name, type]): FileColumn => ({ name, kind: 'field', type })),
    ...[...tags].sort(compareUtf8).map((name): FileColumn => ({ name, kind: 'tag', type: 'string' })),
  ]
}

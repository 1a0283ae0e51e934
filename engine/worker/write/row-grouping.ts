import type { TableGroups, TableRows } from '../../core/rows.ts'
import type { GroupEncoder } from '../../kernel/group-encoder.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import type { RecordRows } from '../../storage/record.ts'
import type { Pause } from './append-queue.ts'
import { numberCombinations } from './code-combinations.ts'
import { replacePlaces } from './key-numbers.ts'

/** Fewer rows are encoded as they come. */
export const LEAST_GROUPED_ROWS = 1024

/** Which host has a series, by its number. */
export interface SeriesHosts {
  readonly hostCount: number
  hostOf(number: number): number
}

export interface RowGroupingParts {
  kernel: Kernel
  hosts: SeriesHosts
  /** Where the memory of rows goes that have become groups. */
  buffers: RowBuffers
}

/** Rows of one table whose series are numbered from 0. */
interface NumberedRows {
  parts: readonly TableRows[]
  /** The number that each had before. */
  series: Uint32Array
}

/** Makes groups of rows that came in any order, where they have enough of each series. */
export class RowGrouping {
  readonly #parts: RowGroupingParts
  /** Loaded when it is first needed. */
  #encoder: GroupEncoder | undefined

  constructor(parts: RowGroupingParts) {
    this.#parts = parts
  }

  /**
   * Adds the first of some parts of one table, which have the registry's numbers, as groups, as far as they are better that way, and where
   * the record has no rows yet; returns how many. Their memory is free then. Others get a turn between many.
   */
  async add(parts: readonly TableRows[], record: RecordRows, pause: Pause): Promise<number> {
    if (record.tables.length > 0 || rowsOf(parts) < LEAST_GROUPED_ROWS) return 0
    const { MOST_GROUPED_ROWS } = await import('../../kernel/group-encoder.ts')
    for (let from = 0; from < parts.length; ) {
      if (from > 0) await pause()
      const some = firstOf(parts.slice(from), MOST_GROUPED_ROWS)
      const groups = await this.groupsOf(some)
      if (groups === undefined) return from
      record.addGroups(groups)
      from += some.length
    }
    return parts.length
  }

  /**
   * Some parts of one table, no more rows than are grouped at once, as groups; then their memory is free. `undefined` where they are
   * better as rows.
   */
  async groupsOf(parts: readonly TableRows[]): Promise<TableGroups | undefined> {
    const { GroupEncoder } = await import('../../kernel/group-encoder.ts')
    this.#encoder ??= new GroupEncoder(this.#parts.kernel)
    const numbered = this.#numbered(parts)
    const groups = this.#encoder.encode(numbered.parts, numbered.series.length)
    if (groups === undefined) return undefined
    replacePlaces(groups.series, numbered.series)
    for (const { memory } of parts) if (memory) this.#parts.buffers.give(memory)
    return groups
  }

  /** Series of one host follow each other, so that their groups are taken out in one piece. */
  #numbered(parts: readonly TableRows[]): NumberedRows {
    const { hosts } = this.#parts
    const all = new Uint32Array(rowsOf(parts))
    let at = 0
    for (const { series } of parts) {
      all.set(series, at)
      at += series.length
    }
    const { numbers, firstRows } = numberCombinations([all], all.length)
    const series = Uint32Array.from(firstRows, (row) => all[row] as number)
    if (hosts.hostCount > 1) orderByHost(numbers, series, hosts)
    let end = 0
    const numbered = parts.map((part) => {
      const from = end
      end += part.series.length
      return { ...part, series: numbers.subarray(from, end) }
    })
    return { parts: numbered, series }
  }
}

/** Renumbers series so that those of a host follow each other. */
function orderByHost(numbers: Uint32Array, series: Uint32Array, hosts: SeriesHosts): void {
  const owners = Array.from(series, (number) => hosts.hostOf(number))
  const order = Uint32Array.from(series.keys()).sort((a, b) => (owners[a] as number) - (owners[b] as number))
  const places = new Uint32Array(order.length)
  for (const [place, number] of order.entries()) places[number] = place
  replacePlaces(numbers, places)
  replacePlaces(order, series)
  series.set(order)
}

/** As many of the first parts as have no more than `most` rows, one at least. */
function firstOf(parts: readonly TableRows[], most: number): readonly TableRows[] {
  let rows = 0
  const end = parts.findIndex(({ time }) => {
    rows += time.length
    return rows > most
  })
  return end < 0 ? parts : parts.slice(0, Math.max(1, end))
}

function rowsOf(parts: readonly TableRows[]): number {
  return parts.reduce((total, { time }) => total + time.length, 0)
}

import type { Column } from '../core/batch.ts'
import { sliceColumn } from '../core/columns.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { groupsOfRows, joinGroups, PlainGroup, sliceGroups } from '../scan/merge-groups.ts'

/** Groups of one chunk; more are joined. */
const MAX_PARTS = 8

/** Rows of a chunk from one on, in the order in which they came: copies, which nobody else changes. */
export type LaterRows = readonly [times: BigInt64Array, columns: ReadonlyMap<string, Column>]

interface SortedChunk {
  /** The first rows, sorted. */
  settled: readonly PlainGroup[]
  settledRows: number
  /** Up to here those behind are in order; the last of their times. */
  rows: number
  maxTime: bigint
  groups: readonly PlainGroup[]
}

/** Chunks of one series of which some are out of order, as groups: what was sorted once is not sorted again. */
export class SortedRows {
  readonly #fields: readonly string[]
  readonly #kernel: Kernel
  readonly #chunks = new Map<number, SortedChunk>()

  constructor(fields: readonly string[], kernel: Kernel) {
    this.#fields = fields
    this.#kernel = kernel
  }

  /** Whether the groups have exactly these fields. */
  hasFields(fields: readonly string[]): boolean {
    return fields.length === this.#fields.length && fields.every((name, i) => name === this.#fields[i])
  }

  /** The groups of a chunk of so many rows; `read` gives its rows from one on, of which there is one at least. */
  groupsOf(chunk: number, rows: number, read: (from: number) => LaterRows): readonly PlainGroup[] {
    const known = this.#chunks.get(chunk)
    if (known?.rows === rows) return known.groups
    const goesOn = known !== undefined && known.rows < rows && !this.#hasTexts(known.groups)
    const next = goesOn ? this.#extended(known, rows, read(known.settledRows)) : this.#settled([], rows, read(0))
    this.#chunks.set(chunk, next)
    return next.groups
  }

  /** To join columns of texts takes as long as there are texts in the head. */
  #hasTexts(groups: readonly PlainGroup[]): boolean {
    return groups.some((group) => this.#fields.some((name) => group.field(name)?.type === 'string'))
  }

  #extended(known: SortedChunk, rows: number, later: LaterRows): SortedChunk {
    const [times] = later
    let { maxTime } = known
    for (let row = known.rows - known.settledRows; row < times.length; row++) {
      const time = times[row] as bigint
      if (time <= maxTime) return this.#settled(known.settled, rows, later)
      maxTime = time
    }
    return { ...known, rows, maxTime, groups: [...known.settled, ...sliceGroups(...later)] }
  }

  /** Groups and later rows: what is before all of these stays as it is. */
  #settled(groups: readonly PlainGroup[], rows: number, [times, columns]: LaterRows): SortedChunk {
    const later = groupsOfRows(times, columns, this.#kernel)
    const parts = groups.map((group) => this.#parted(group, later[0]?.minTime ?? group.minTime))
    const before = parts.flatMap(([part]) => part ?? [])
    const rest = parts.flatMap(([, part]) => part ?? [])
    const behind = rest.length === 0 ? later : groupsOfRows(...this.#rowsOf([...rest, ...later]), this.#kernel)
    const all = [...before, ...behind]
    const settled = all.length > MAX_PARTS ? sliceGroups(...this.#rowsOf(all)) : all
    const maxTime = settled.at(-1)?.maxTime ?? -(2n ** 63n)
    return { settled, settledRows: rows, rows, maxTime, groups: settled }
  }

  #rowsOf(groups: readonly PlainGroup[]): ReturnType<typeof joinGroups> {
    return joinGroups(groups, this.#fields, this.#kernel)
  }

  /** The rows of a group before a time, and the others. */
  #parted(group: PlainGroup, time: bigint): [before: PlainGroup | undefined, rest: PlainGroup | undefined] {
    if (group.maxTime < time) return [group, undefined]
    if (group.minTime >= time) return [undefined, group]
    const { values } = group.time
    const at = firstNotBefore(values, time, 0)
    return [this.#slice(group, 0, at), this.#slice(group, at, values.length)]
  }

  #slice(group: PlainGroup, from: number, to: number): PlainGroup {
    const columns = this.#fields.flatMap((name) => {
      const column = group.field(name)
      return column ? [[name, sliceColumn(column, from, to)] as const] : []
    })
    return new PlainGroup(group.time.values.subarray(from, to), new Map(columns))
  }
}

/** Place of the first of ascending times, from one on, that is not before a time. */
export function firstNotBefore(times: BigInt64Array, time: bigint, from: number): number {
  let [low, high] = [from, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as bigint) < time) low = middle + 1
    else high = middle
  }
  return low
}

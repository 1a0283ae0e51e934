import { mergeStates } from '../../aggregate/merge.ts'
import { createStates, firstCells, measuresOf } from '../../aggregate/states.ts'
import { bytesOfPartial } from '../../aggregate/window-pieces.ts'
import type { AggregatePlan, PartialAggregate } from '../../core/plan.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { dependsOnOrder, type ShardPartial } from './shard-shares.ts'

/** Panes of one window at most, and of all groups together: bounds what a scan looks cells up in. */
export const MAX_PANES: number = 1 << 16
const MAX_PANE_CELLS = 1 << 18
/** With fewer panes a range begins too often in one that has rows. */
const LEAST_PANES = 1 << 10
/** Where more of the panes have rows, most ranges begin in one that has some. */
const MOST_OF_PANES = 1 / 8

interface Panes extends TimeRange {
  width: bigint
  shards: readonly ShardPartial[]
}

/** Reads a range by windows of some origin and width. */
export type PaneScan = (range: TimeRange, window: { origin: bigint; width: bigint }) => Promise<ShardPartial[]>

/**
 * The states of the window that a sliding range begins in, by panes so narrow that most of them have no row: where the range moves to
 * begins in such a pane, it is answered from those after it. So the rows of series that are measured together are read once for a window.
 */
export class CutWindow {
  #panes: Panes | undefined
  /** Where the last range began. */
  #last: bigint
  /** How often rows of the panes that are being read have changed. */
  #changes = 0
  #isWorthless = false

  /** `start` is where a range began before those that it is for. */
  constructor(start: bigint) {
    this.#last = start
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#panes?.shards.reduce((total, { partial }) => total + bytesOfPartial(partial), 256) ?? 0
  }

  /** Rows at times of the range have changed. */
  touch({ start, end }: TimeRange): void {
    this.#changes++
    if (this.#panes && start < this.#panes.end && end > this.#panes.start) this.#panes = undefined
  }

  /**
   * The states of a range from within a window to the window's end, from what is kept or by panes that are kept from now on;
   * `undefined` where it is to be read as it is.
   */
  async states(
    range: TimeRange,
    reading: { width: bigint; groups: number; scan: PaneScan },
  ): Promise<{ partials: ShardPartial[]; isRead: boolean } | undefined> {
    const windowStart = range.end - reading.width
    const known = this.#panes && knownStates(this.#panes, range, windowStart)
    const paneWidth = this.#paneWidth(range, reading)
    if (known) return { partials: known, isRead: false }
    if (paneWidth === undefined) return undefined
    const changes = this.#changes
    const shards = await reading.scan(range, { origin: windowStart, width: paneWidth })
    const most = shards.reduce((panes, { partial }) => Math.max(panes, new Set(partial.cellWindow).size), 0)
    this.#isWorthless = most > Number(reading.width / paneWidth) * MOST_OF_PANES
    if (!this.#isWorthless && changes === this.#changes) this.#panes = { ...range, width: paneWidth, shards }
    return { partials: mergedFrom(shards, windowStart, windowStart), isRead: true }
  }

  /** The width of the panes that a range should be read by: where two more would begin in its window if they moved on like this one. */
  #paneWidth({ start, end }: TimeRange, { width, groups }: { width: bigint; groups: number }): bigint | undefined {
    const moved = start - this.#last
    this.#last = start
    const panes = Math.min(MAX_PANES, Math.floor(MAX_PANE_CELLS / groups))
    const isHere = this.#panes?.end === end && this.#panes.start <= start
    if (moved < 0n || start + 2n * moved >= end || isHere || this.#isWorthless) return undefined
    return panes < LEAST_PANES || width < BigInt(panes) ? undefined : (width + BigInt(panes) - 1n) / BigInt(panes)
  }
}

/** Whether the states of a window of a plan are those of its parts, whatever the order in which they are merged. */
export function addsUpInParts(plan: AggregatePlan): boolean {
  const { accumulators = [], lookBack = 0n, rollup } = plan
  return accumulators.length === 0 && lookBack === 0n && rollup === undefined && !dependsOnOrder(plan)
}

function knownStates(panes: Panes, { start, end }: TimeRange, windowStart: bigint): ShardPartial[] | undefined {
  if (panes.end !== end || start < panes.start) return undefined
  // No row before the first range was read, so its own panes are whole.
  if (start === panes.start) return mergedFrom(panes.shards, windowStart, windowStart)
  const first = start - ((start - windowStart) % panes.width)
  const isCut = first !== start && panes.shards.some(({ partial }) => partial.cellWindow.includes(first))
  return isCut ? undefined : mergedFrom(panes.shards, first, windowStart)
}

function mergedFrom(panes: readonly ShardPartial[], first: bigint, window: bigint): ShardPartial[] {
  return panes.map(({ shard, partial }) => ({ shard, partial: mergeFrom(partial, first, window) }))
}

/** The cells from a pane on as one window each group. */
function mergeFrom(panes: PartialAggregate, first: bigint, window: bigint): PartialAggregate {
  const { cellGroup, cellWindow } = panes
  const groups: number[] = []
  const placeOf = Int32Array.from(cellWindow, (pane, cell) => {
    if (pane < first) return -1
    const group = cellGroup[cell] as number
    if (groups.at(-1) !== group) groups.push(group)
    return groups.length - 1
  })
  const cells = groups.length
  // One cell more takes what is left out.
  const places = Uint32Array.from(placeOf, (place) => (place < 0 ? cells : place))
  const rows = new Float64Array(cells + 1)
  places.forEach((place, cell) => {
    rows[place] = (rows[place] as number) + (panes.rows[cell] as number)
  })
  const inputs = panes.inputs.map((from) => {
    const into = createStates(from.type, measuresOf(from), cells + 1)
    for (const some of firstAndRest(from.count, places, cells)) mergeStates(into, from, some)
    return firstCells(into, cells)
  })
  return {
    groups: panes.groups,
    cellGroup: Uint32Array.from(groups),
    cellWindow: new BigInt64Array(cells).fill(window),
    rows: rows.slice(0, cells),
    inputs,
  }
}

/** The places of the first cell with values of each place, and those of all other cells: no state is merged twice into one that has none. */
function firstAndRest(counts: Float64Array, places: Uint32Array, cells: number): Uint32Array[] {
  const first = new Uint32Array(places.length).fill(cells)
  const rest = new Uint32Array(places.length).fill(cells)
  const isFilled = new Uint8Array(cells + 1)
  places.forEach((place, cell) => {
    const to = isFilled[place] === 0 && counts[cell] !== 0 ? first : rest
    to[cell] = place
    if (to === first) isFilled[place] = 1
  })
  return [first, rest]
}

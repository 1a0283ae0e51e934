import { type Batch, type Column, isValid } from '../../core/batch.ts'
import { NO_ROW } from '../../core/columns.ts'
import type { Expression } from '../../core/expression.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { AsofMatch } from '../check/relation.ts'
import type { HeldRows } from './held-rows.ts'
import { NO_KEY } from './key-table.ts'
import { frameOf } from './project.ts'
import { sortPlaces } from './sort.ts'

/** Held rows with those of each key in order of time; rows without a time are in no chain. */
export function sortByTime(held: HeldRows, time: Expression): HeldRows {
  const { column } = timesOf(held.batch, time)
  const order = sortPlaces(held.batch.rows, [{ column, descending: false, nullsFirst: false }])
  const ranks = new Uint32Array(order.length)
  order.forEach((row, rank) => {
    ranks[row] = rank
  })
  const chains = Array.from({ length: held.keys.size }, (_, number) => {
    const chain = held.places.subarray(held.starts[number], held.starts[number + 1])
    return chain.filter((row) => isValid(column.validity, row)).sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0))
  })
  const starts = new Uint32Array(chains.length + 1)
  const places = new Uint32Array(chains.reduce((total, chain) => total + chain.length, 0))
  chains.forEach((chain, number) => {
    const from = starts[number] ?? 0
    places.set(chain, from)
    starts[number + 1] = from + chain.length
  })
  return { ...held, starts, places }
}

interface LeftRows {
  batch: Batch
  /** The number of each row's key. */
  numbers: Uint32Array
}

/** For each row of the left side the place of the row of the right side that is next to it in time, or `NO_ROW`. */
export function asofPlaces(match: AsofMatch, { batch, numbers }: LeftRows, held: HeldRows): Uint32Array {
  const { column, values } = timesOf(batch, match.left)
  const right = timesOf(held.batch, match.right).values
  const chosen = new Uint32Array(batch.rows).fill(NO_ROW)
  for (let row = 0; row < batch.rows; row++) {
    const number = numbers[row] ?? NO_KEY
    if (number === NO_KEY || !isValid(column.validity, row)) continue
    const chain = held.places.subarray(held.starts[number], held.starts[number + 1])
    chosen[row] = nextInTime(match, values[row] ?? 0n, { chain, times: right })
  }
  return chosen
}

interface Chain {
  /** Places of rows in order of time. */
  chain: Uint32Array
  times: BigInt64Array
}

/** Of rows with one time the last counts as previous and the first as next; of two as near the earlier is nearest. */
function nextInTime({ direction, tolerance }: AsofMatch, time: bigint, { chain, times }: Chain): number {
  const timeAt = (at: number): bigint => times[chain[at] ?? 0] ?? 0n
  const after = firstWhere(chain.length, (at) => timeAt(at) > time)
  const from = direction === 'next' ? firstWhere(chain.length, (at) => timeAt(at) >= time) : after
  const previous = after > 0 && direction !== 'next' ? after - 1 : undefined
  const next = from < chain.length && direction !== 'previous' ? from : undefined
  const isNext = next !== undefined && (previous === undefined || timeAt(next) - time < time - timeAt(previous))
  const at = isNext ? next : previous
  if (at === undefined) return NO_ROW
  const distance = timeAt(at) - time
  const near = tolerance === undefined || (distance < 0n ? -distance : distance) <= tolerance
  return near ? (chain[at] ?? NO_ROW) : NO_ROW
}

/** The first of some places that passes a test which all behind it pass, too. */
function firstWhere(count: number, passes: (at: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function timesOf(batch: Batch, time: Expression): { column: Column; values: BigInt64Array } {
  const column = evaluateValue(time, frameOf(batch))
  return { column, values: column.values instanceof BigInt64Array ? column.values : new BigInt64Array(batch.rows) }
}

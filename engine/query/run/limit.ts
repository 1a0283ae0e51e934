import type { Batch } from '../../core/batch.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { LimitNode } from '../plan/node.ts'
import { gatherRows } from './filter.ts'
import { KeyTable } from './key-table.ts'
import type { Batches, QueryRun } from './operator.ts'
import { frameOf } from './project.ts'
import { sliceBatch } from './result.ts'

/** Bytes that a key of LIMIT PER takes, with the count of its rows. */
const BYTES_A_KEY = 64

/** The first rows after those that are skipped: of all, or of each key. Reading ends as soon as there are enough. */
export async function* limitRows(input: Batches, node: LimitNode, run: QueryRun): AsyncGenerator<Batch> {
  if (node.per.length > 0) {
    yield* limitKeys(input, node, run)
    return
  }
  let skip = node.offset
  let left = node.limit ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  for await (const batch of input) {
    const from = Math.min(skip, batch.rows)
    const to = Math.min(from + left, batch.rows)
    skip -= from
    left -= to - from
    if (to > from) yield sliceBatch(batch, from, to)
    if (left === 0) return
  }
}

async function* limitKeys(input: Batches, { per, limit, offset }: LimitNode, run: QueryRun): AsyncGenerator<Batch> {
  const keys = new KeyTable()
  const last = offset + (limit ?? Number.POSITIVE_INFINITY)
  let counts = new Float64Array(64)
  for await (const batch of input) {
    const frame = frameOf(batch)
    const before = keys.size
    const numbers = keys.add(
      per.map((key) => evaluateValue(key, frame)),
      batch.rows,
    )
    run.memory.hold((keys.size - before) * BYTES_A_KEY)
    counts = withRoom(counts, keys.size)
    const places: number[] = []
    numbers.forEach((number, row) => {
      const seen = counts[number] ?? 0
      counts[number] = seen + 1
      if (seen >= offset && seen < last) places.push(row)
    })
    if (places.length > 0) yield gatherRows(batch, Uint32Array.from(places))
  }
}

/** The same values, with room for so many. */
function withRoom(values: Float64Array<ArrayBuffer>, needed: number): Float64Array<ArrayBuffer> {
  if (needed <= values.length) return values
  const grown = new Float64Array(Math.max(needed, values.length * 2))
  grown.set(values)
  return grown
}

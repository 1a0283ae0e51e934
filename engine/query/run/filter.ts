import type { Batch } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import type { Expression } from '../../core/expression.ts'
import { evaluateFilter } from '../../scan/evaluate.ts'
import type { Batches } from './operator.ts'
import { frameOf } from './project.ts'

/** The rows for which a condition is true. */
export async function* filterRows(input: Batches, condition: Expression): AsyncGenerator<Batch> {
  for await (const batch of input) {
    const places = placesOf(evaluateFilter(condition, frameOf(batch)))
    if (places.length === batch.rows) yield batch
    else if (places.length > 0) yield gatherRows(batch, places)
  }
}

/** The places of the bytes that are 1. */
export function placesOf(passes: Uint8Array): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(passes.length)
  let count = 0
  for (let i = 0; i < passes.length; i++) if (passes[i] === 1) places[count++] = i
  return places.subarray(0, count)
}

/** Some rows of a batch, in the order of their places. */
export function gatherRows(batch: Batch, places: Uint32Array): Batch {
  return { rows: places.length, columns: batch.columns.map((column) => gatherColumn(column, places)) }
}

import type { Batch, Column } from '../../core/batch.ts'
import { gatherColumn, missingColumn, NO_ROW } from '../../core/columns.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import type { OverlayNode } from '../plan/node.ts'
import { gatherRows } from './filter.ts'
import { KeyTable } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { sortPlaces } from './sort.ts'
import { joinRows } from './sort-rows.ts'

/** Groups of several inputs by their time and keys, in one batch: by time, then by keys. Times of each are moved first. */
export async function* overlayRows(
  inputs: readonly Batches[],
  node: OverlayNode,
  run: QueryRun,
): AsyncGenerator<Batch> {
  const sides: Batch[] = []
  for (const [i, input] of inputs.entries()) {
    sides.push(moved(await readAll(input, run), node.offsets[i] ?? 0n))
  }
  const table = new KeyTable()
  const keys = sides.map((side) => side.columns.slice(0, node.keys))
  const numbers = sides.map((side, i) => (side.rows === 0 ? new Uint32Array() : table.add(keys[i] ?? [], side.rows)))
  if (table.size === 0) return
  const heads = new Uint32Array(table.size).fill(NO_ROW)
  const all = joinRows(
    sides.flatMap((side, i) => (side.rows === 0 ? [] : [{ rows: side.rows, columns: keys[i] ?? [] }])),
  )
  let row = 0
  for (const side of numbers) {
    for (const number of side) {
      if (heads[number] === NO_ROW) heads[number] = row
      row++
    }
  }
  const columns = all.columns.map((column) => gatherColumn(column, heads))
  const order = sortPlaces(
    table.size,
    columns.map((column) => ({ column, descending: false, nullsFirst: true })),
  )
  const values = node.calls.flatMap((calls, i) =>
    calls.map(({ name, type }, k): Column => {
      const column = sides[i]?.columns[node.keys + k]
      if (column === undefined) return missingColumn(name, type, table.size)
      return { ...gatherColumn(column, placesOf(numbers[i] ?? new Uint32Array(), table.size)), name }
    }),
  )
  yield gatherRows({ rows: table.size, columns: [...columns, ...values] }, order)
}

async function readAll(input: Batches, run: QueryRun): Promise<Batch> {
  const held: Batch[] = []
  for await (const batch of input) {
    checkCancelled(run)
    run.memory.holdBatch(batch)
    held.push(batch)
  }
  return held.length === 0 ? { rows: 0, columns: [] } : joinRows(held)
}

function moved(batch: Batch, offset: bigint): Batch {
  if (offset === 0n) return batch
  const columns = batch.columns.map((column): Column => {
    if (column.name !== TIME_COLUMN || column.type !== 'time') return column
    return { ...column, values: column.values.map((time) => time + offset) }
  })
  return { ...batch, columns }
}

/** The row of each key, or `NO_ROW`. */
function placesOf(numbers: Uint32Array, keys: number): Uint32Array {
  const places = new Uint32Array(keys).fill(NO_ROW)
  numbers.forEach((number, row) => {
    places[number] = row
  })
  return places
}

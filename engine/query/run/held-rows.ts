import { type Batch, type Column, isValid } from '../../core/batch.ts'
import type { Expression } from '../../core/expression.ts'
import { evaluate } from '../../scan/evaluate.ts'
import type { RelationColumn } from '../check/relation.ts'
import { KeyTable, NO_KEY } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { frameOf } from './project.ts'
import { emptyColumn, joinBatches } from './result.ts'

/** Bytes that a held row's key and its place in the chain of its key take. */
const BYTES_A_ROW = 64

/** The rows of one side of a join, by their keys. */
export interface HeldRows {
  batch: Batch
  /** The places of rows with the key of each number: `[starts[n], starts[n + 1])` of `places`. */
  starts: Uint32Array
  places: Uint32Array
  keys: KeyTable
  /** Counted against the memory of the query, to be released. */
  bytes: number
}

/** Holds all rows of a side; rows that lack a key are held but in no chain. */
export async function holdRows(
  input: Batches,
  { columns, keys: expressions }: { columns: readonly RelationColumn[]; keys: readonly Expression[] },
  run: QueryRun,
): Promise<HeldRows> {
  const batches: Batch[] = []
  let bytes = 0
  for await (const batch of input) {
    checkCancelled(run)
    batches.push(batch)
    bytes += run.memory.holdBatch(batch) + batch.rows * BYTES_A_ROW
    run.memory.hold(batch.rows * BYTES_A_ROW)
  }
  const batch = batches.length === 0 ? emptyBatch(columns) : joinBatches(headOf(batches[0]), batches)
  const keys = new KeyTable()
  const { numbers } = keyNumbers(batch, expressions, (each, rows) => keys.add(each, rows))
  return { batch, keys, bytes, ...chainsOf(numbers, keys.size) }
}

function headOf(batch: Batch | undefined): Pick<Column, 'name' | 'type'>[] {
  return batch?.columns.map(({ name, type }) => ({ name, type })) ?? []
}

/** No rows of these columns. */
export function emptyBatch(columns: readonly RelationColumn[]): Batch {
  return { rows: 0, columns: columns.map(({ name, type }) => emptyColumn({ name, type })) }
}

/** The number of each row's key, `NO_KEY` where a part of it is missing. */
export function keyNumbers(
  batch: Batch,
  expressions: readonly Expression[],
  number: (columns: readonly Column[], rows: number) => Uint32Array<ArrayBuffer>,
): { numbers: Uint32Array<ArrayBuffer> } {
  const columns = expressions.map((expression) => keyColumn(expression, batch))
  const numbers = number(columns, batch.rows)
  for (const { validity } of columns) {
    if (validity) for (let row = 0; row < batch.rows; row++) if (!isValid(validity, row)) numbers[row] = NO_KEY
  }
  return { numbers }
}

/** The values of a key. An absent tag is `''`, as in all tests. */
export function keyColumn(expression: Expression, batch: Batch): Column {
  const column = evaluate(expression, frameOf(batch))
  const isTag = expression.kind === 'column' && expression.source === 'tag'
  if (!isTag || column.type !== 'string' || column.validity === undefined) return column
  const { name, type, validity } = column
  const dictionary = [...column.dictionary, '']
  const values = column.values.map((code, row) => (isValid(validity, row) ? code : dictionary.length - 1))
  return { name, type, values, dictionary }
}

/** Counting sort of the rows by their keys, so that rows of one key keep their order. */
export function chainsOf(numbers: Uint32Array, keys: number): Pick<HeldRows, 'starts' | 'places'> {
  const starts = new Uint32Array(keys + 1)
  for (const number of numbers) if (number !== NO_KEY) starts[number + 1] = (starts[number + 1] ?? 0) + 1
  for (let i = 1; i <= keys; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
  const next = starts.slice()
  const places = new Uint32Array(starts[keys] ?? 0)
  numbers.forEach((number, row) => {
    if (number === NO_KEY) return
    const at = next[number] ?? 0
    places[at] = row
    next[number] = at + 1
  })
  return { starts, places }
}

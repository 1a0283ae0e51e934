import { type Batch, type Column, isValid, type StringColumn } from '../../core/batch.ts'
import type { Changeable } from '../../core/changeable.ts'
import { gatherColumn } from '../../core/columns.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { ColumnRows } from '../../core/rows.ts'
import type { InsertPlan } from '../plan/plan-change.ts'
import { execute } from './execute.ts'
import { oneRow } from './one-row.ts'
import { checkCancelled, type QueryRun } from './operator.ts'
import { joinBatches, type QueryResult, sliceBatch } from './result.ts'

/** Bytes of columns up to which the rows of one INSERT commit together; of more, parts of so many do. */
export const MAX_ATOMIC_BYTES: number = 16 * 1024 * 1024
/** Different reasons for rejections that an answer has. */
const MAX_REASONS = 10

export interface InsertOptions {
  /** `MAX_ATOMIC_BYTES` unless a test asks for less. */
  maxAtomicBytes?: number | undefined
}

/**
 * Writes the rows of a plan, and answers how many were written and rejected, and why. Where an error comes after parts have
 * been written, its hint says how many rows those have.
 */
export async function runInsert(
  plan: InsertPlan,
  changeable: Changeable,
  run: QueryRun,
  { maxAtomicBytes = MAX_ATOMIC_BYTES }: InsertOptions = {},
): Promise<QueryResult> {
  const insertion = new Insertion(plan, changeable, run)
  const mostHeld = plan.readsTarget ? Number.POSITIVE_INFINITY : maxAtomicBytes
  try {
    for await (const batch of execute(plan.root, run)) {
      if (insertion.isFull(mostHeld, batch)) await insertion.write(maxAtomicBytes)
      insertion.hold(batch)
    }
    await insertion.write(maxAtomicBytes)
  } catch (error) {
    throw insertion.written > 0 ? withWritten(error, insertion.written) : error
  }
  const { written, rejected, reasons } = insertion
  return oneRow([
    { name: 'written', type: 'i64', value: BigInt(written) },
    { name: 'rejected', type: 'i64', value: BigInt(rejected) },
    { name: 'reason', type: 'string', value: reasons.size === 0 ? null : [...reasons].join('; ') },
  ])
}

/** The error with a hint that says what is there all the same. */
function withWritten(error: unknown, written: number): unknown {
  if (!(error instanceof TidemarkError)) return error
  const { kind, message, position, hint = '' } = error
  const said = `${written} rows of this INSERT were written before. ${hint}`.trimEnd()
  return new TidemarkError(kind, message, { cause: error, hint: said, ...(position && { position }) })
}

/** Rows on their way into a table. */
class Insertion {
  readonly #plan: InsertPlan
  readonly #changeable: Changeable
  readonly #run: QueryRun
  #held: Batch[] = []
  #heldBytes = 0
  written = 0
  rejected = 0
  readonly reasons = new Set<string>()

  constructor(plan: InsertPlan, changeable: Changeable, run: QueryRun) {
    this.#plan = plan
    this.#changeable = changeable
    this.#run = run
  }

  /** Whether what is held has to be written before more is. */
  isFull(mostHeld: number, next: Batch): boolean {
    return this.#held.length > 0 && this.#heldBytes + bytesOf(next) > mostHeld
  }

  hold(batch: Batch): void {
    const kept = this.#storable(batch)
    if (kept.rows === 0) return
    this.#held.push(kept)
    this.#heldBytes += bytesOf(kept)
    this.#run.memory.hold(bytesOf(kept))
  }

  /** Writes what is held, in parts of so many bytes at most that each commit together. */
  async write(maxBytes: number): Promise<void> {
    const held = this.#held
    if (held.length === 0) return
    const { targets } = this.#plan
    const columns = targets.map(({ name, type }) => ({ name, type }))
    const batch = joinBatches(columns, held)
    const partRows = Math.max(1, Math.floor((maxBytes * batch.rows) / bytesOf(batch)))
    for (let from = 0; from < batch.rows; from += partRows) {
      checkCancelled(this.#run)
      await this.#append(sliceBatch(batch, from, Math.min(from + partRows, batch.rows)))
    }
    this.#held = []
    this.#run.memory.release(this.#heldBytes)
    this.#heldBytes = 0
  }

  async #append({ columns }: Batch): Promise<void> {
    const appended = await this.#changeable.append(this.#columnRows(this.#plan.table, columns))
    this.written += appended.rows
    this.#reject(
      appended.rejectedCount,
      appended.rejected.map(({ reason }) => reason),
    )
  }

  #columnRows(table: string, columns: readonly Column[]): ColumnRows {
    const ofKind = (wanted: string): Column[] => columns.filter((_, at) => this.#plan.targets[at]?.kind === wanted)
    const [time] = ofKind('time')
    if (time?.type !== 'time') throw new Error('rows to insert have a time')
    const tags = ofKind('tag').filter((column): column is StringColumn => column.type === 'string')
    return { table, time: time.values, tags, fields: ofKind('field') }
  }

  /** The rows that have a time and a value; the others are counted. */
  #storable(batch: Batch): Batch {
    const { targets } = this.#plan
    const time = batch.columns.find((_, at) => targets[at]?.kind === 'time')
    const fields = batch.columns.filter((_, at) => targets[at]?.kind === 'field')
    if (!time?.validity && fields.some(({ validity }) => validity === undefined)) return batch
    const places: number[] = []
    let timeless = 0
    for (let row = 0; row < batch.rows; row++) {
      if (!isValid(time?.validity, row)) timeless++
      else if (fields.some(({ validity }) => isValid(validity, row))) places.push(row)
    }
    this.#reject(timeless, ['the row has no time'])
    this.#reject(batch.rows - places.length - timeless, ['the row has no value of a field'])
    if (places.length === batch.rows) return batch
    const gathered = Uint32Array.from(places)
    return { rows: places.length, columns: batch.columns.map((column) => gatherColumn(column, gathered)) }
  }

  #reject(count: number, reasons: readonly string[]): void {
    this.rejected += count
    if (count === 0) return
    for (const reason of reasons) if (this.reasons.size < MAX_REASONS) this.reasons.add(reason)
  }
}

function bytesOf({ columns }: Batch): number {
  return columns.reduce((sum, { values, validity }) => sum + values.byteLength + (validity?.byteLength ?? 0), 0)
}

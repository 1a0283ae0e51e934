import { type Batch, type Column, valueAt } from '../core/batch.ts'
import { concatColumns, gatherColumn } from '../core/columns.ts'
import type { TimeRange } from '../core/time-window.ts'
import type { ResultColumn } from '../query/run/result.ts'
import { keysOf, type RowDifference, sameAnswer, sameRow } from './row-difference.ts'

/** What a subscription says: the whole answer first, afterwards what changed in it. */
export type LiveUpdate =
  | { kind: 'result'; columns: readonly ResultColumn[]; keys: readonly string[]; rows: Batch }
  /** Rows that are new or have changed, in whole, and the keys of rows that are gone. */
  | { kind: 'delta'; changed: Batch; removed: Batch }

/** An answer, or the rows of some of its windows. */
export interface AnswerRows {
  columns: readonly ResultColumn[]
  keys: readonly string[]
  rows: Batch
}

/** The windows that rows are of, and where in them the windows' starts are. */
export interface AnsweredWindows {
  ranges: readonly TimeRange[]
  column: number
}

interface KeptRow {
  batch: Batch
  row: number
}

/** The last answer of a subscription, row by row; by its keys, or as it was where these do not tell rows apart. */
export class LiveAnswer {
  #shape: string | undefined
  #kept = new Map<string, KeptRow>()
  /** The keys of the rows of each window, where that is known. */
  #ofWindow: Map<bigint, readonly string[]> | undefined
  #unkeyed: Batch | undefined

  /** How many rows the answer has. */
  get rows(): number {
    return this.#unkeyed?.rows ?? this.#kept.size
  }

  /**
   * Takes a whole answer; what changed in it, if anything. `column` says where its windows' starts are; rows of which `isLate`
   * says so stay as they were.
   */
  replace(answer: AnswerRows, { column, isLate }: ReplaceOptions = {}): LiveUpdate | undefined {
    const { columns, keys, rows } = answer
    const shape = JSON.stringify([columns, keys])
    const whole: LiveUpdate = { kind: 'result', columns, keys, rows }
    const ofRows = keysOf(rows, keys)
    const isNew = shape !== this.#shape
    this.#shape = shape
    if (isNew || ofRows === undefined || this.#unkeyed) {
      const older = this.#unkeyed
      this.#keepAll(rows, ofRows, column)
      return !isNew && older && sameAnswer(older, rows) ? undefined : whole
    }
    const removed = [...this.#kept.keys()].filter((key) => !ofRows.has(key))
    const update = this.#update(answer, { ofRows, removed, isLate })
    if (column !== undefined) this.#ofWindow = byWindow(this.#kept, column)
    return update
  }

  /** Takes the rows that some windows have now. `undefined` is that nothing changed, `false` that the whole answer is needed. */
  replaceWindows(
    answer: AnswerRows,
    { ranges, column }: AnsweredWindows,
    isLate?: ReplaceOptions['isLate'],
  ): LiveUpdate | undefined | false {
    const { rows, keys } = answer
    const ofRows = keysOf(rows, keys)
    const ofWindow = this.#ofWindow
    if (ofRows === undefined || ofWindow === undefined || this.#unkeyed) return false
    const asked = [...ofWindow].filter(([at]) => ranges.some(({ start, end }) => at >= start && at < end))
    const removed = asked.flatMap(([, known]) => known.filter((key) => !ofRows.has(key)))
    const update = this.#update(answer, { ofRows, removed, isLate })
    for (const [at] of asked) ofWindow.delete(at)
    const present = new Map([...ofRows.keys()].flatMap((key) => [[key, this.#kept.get(key)] as const]))
    for (const [at, own] of byWindow(present, column)) ofWindow.set(at, own)
    return update
  }

  #keepAll(rows: Batch, ofRows: ReadonlyMap<string, number> | undefined, column: number | undefined): void {
    this.#kept = new Map([...(ofRows ?? [])].map(([key, row]) => [key, { batch: rows, row }]))
    this.#unkeyed = ofRows === undefined ? rows : undefined
    this.#ofWindow = column === undefined || ofRows === undefined ? undefined : byWindow(this.#kept, column)
  }

  #update(
    { rows, keys, columns }: AnswerRows,
    { ofRows, removed, isLate = () => false }: Updating,
  ): LiveUpdate | undefined {
    const keyAt = keys.map((name) => columns.findIndex((column) => column.name === name))
    const gone = removed.flatMap((key) => this.#kept.get(key) ?? [])
    for (const key of removed) this.#kept.delete(key)
    const changed: number[] = []
    for (const [key, row] of ofRows) {
      const was = this.#kept.get(key)
      if (was && sameRow(was.batch, was.row, rows, row)) this.#kept.set(key, { batch: rows, row })
      else if (!isLate(rows, row)) {
        this.#kept.set(key, { batch: rows, row })
        changed.push(row)
      }
    }
    if (changed.length + gone.length === 0) return undefined
    const difference: RowDifference = {
      changed: pickRows(rows, Uint32Array.from(changed)),
      removed: keysGone(gone, keyAt, rows),
    }
    return { kind: 'delta', ...difference }
  }
}

interface ReplaceOptions {
  column?: number | undefined
  isLate?: ((batch: Batch, row: number) => boolean) | undefined
}

interface Updating {
  ofRows: ReadonlyMap<string, number>
  removed: readonly string[]
  isLate: ReplaceOptions['isLate']
}

function byWindow(rows: ReadonlyMap<string, KeptRow | undefined>, column: number): Map<bigint, readonly string[]> {
  const windows = new Map<bigint, string[]>()
  for (const [key, kept] of rows) {
    const starts = kept?.batch.columns[column]
    const at = kept && starts && valueAt(starts, kept.row)
    if (typeof at !== 'bigint') continue
    const known = windows.get(at)
    if (known) known.push(key)
    else windows.set(at, [key])
  }
  return windows
}

/** Some rows of a batch, in their order. */
export function pickRows(batch: Batch, rows: Uint32Array): Batch {
  return { rows: rows.length, columns: batch.columns.map((column) => gatherColumn(column, rows)) }
}

/** The keys of rows of several batches; `like` is one whose columns they have. */
function keysGone(gone: readonly KeptRow[], keyAt: readonly number[], like: Batch): Batch {
  const places = new Map<Batch, number[]>()
  for (const { batch, row } of gone) {
    const known = places.get(batch)
    if (known) known.push(row)
    else places.set(batch, [row])
  }
  const columns = keyAt.flatMap((at): Column[] => {
    const model = like.columns[at]
    if (model === undefined) return []
    const parts = [...places].flatMap(([batch, rows]) => {
      const column = batch.columns[at]
      return column ? [{ rows: rows.length, column: gatherColumn(column, Uint32Array.from(rows)) }] : []
    })
    return [concatColumns(model.name, parts) ?? gatherColumn(model, new Uint32Array())]
  })
  return { rows: gone.length, columns }
}

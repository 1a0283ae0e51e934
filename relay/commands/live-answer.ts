import type { LiveUpdate, ResultColumn } from '../../engine/engine.ts'
import { type JsonValue, jsonRows } from '../json-rows.ts'
import { printTable } from './table.ts'

/** An update of a live answer by rows of JSON values, as a relay sends it. */
export type LiveRows =
  | { kind: 'result'; columns: readonly ResultColumn[]; keys: readonly string[]; rows: JsonValue[][] }
  | { kind: 'delta'; changed: { rows: JsonValue[][] }; removed: { rows: JsonValue[][] } }

export interface LiveReader {
  next(update: LiveRows): void
  /** The answers have ended, for this reason. */
  error(error: Error): void
}

export function liveRows(update: LiveUpdate): LiveRows {
  if (update.kind === 'delta') {
    return {
      kind: 'delta',
      changed: { rows: jsonRows(update.changed) },
      removed: { rows: jsonRows(update.removed) },
    }
  }
  const { kind, columns, keys, rows } = update
  return { kind, columns, keys, rows: jsonRows(rows) }
}

/** Updates as text: a line of JSON each, or tables of which only whole answers have a head; a row that is gone has a `-` before its keys. */
export class LivePrinter {
  readonly #format: 'table' | 'json'
  #columns: readonly ResultColumn[] = []
  #keys: readonly ResultColumn[] = []

  constructor(format: 'table' | 'json') {
    this.#format = format
  }

  print(update: LiveRows): string {
    if (this.#format === 'json') return `${JSON.stringify(update)}\n`
    if (update.kind === 'result') {
      const { columns, keys, rows } = update
      this.#columns = columns
      this.#keys = keys.flatMap((key) => columns.find(({ name }) => name === key) ?? [])
      return printTable(columns, rows)
    }
    const { changed, removed } = update
    const gone = linesOf(this.#keys, removed.rows).map((line) => `- ${line}`)
    return [...linesOf(this.#columns, changed.rows), ...gone].map((line) => `${line}\n`).join('')
  }
}

/** The rows of a table without its head. */
function linesOf(columns: readonly ResultColumn[], rows: readonly JsonValue[][]): string[] {
  return rows.length === 0 ? [] : printTable(columns, rows).trimEnd().split('\n').slice(2)
}

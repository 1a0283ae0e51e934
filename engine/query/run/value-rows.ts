import { type Batch, type Column, emptyValidity, setValid } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import type { PlanNodeOf } from '../plan/node.ts'

/** Rows of constants as one batch. */
export async function* valueRows({ columns, rows }: PlanNodeOf<'values'>): AsyncGenerator<Batch> {
  if (rows.length === 0) return
  yield {
    rows: rows.length,
    columns: columns.map(({ name, type }, at) =>
      literalsColumn(
        name,
        type,
        rows.map((row) => row[at] ?? null),
      ),
    ),
  }
}

/** A column of literals of one type; null is missing. */
export function literalsColumn(name: string, type: Column['type'], literals: readonly Literal[]): Column {
  const column = plainColumn(name, type, literals)
  if (!literals.includes(null)) return column
  const validity = emptyValidity(literals.length)
  literals.forEach((value, row) => {
    if (value !== null) setValid(validity, row)
  })
  return { ...column, validity }
}

function plainColumn(name: string, type: Column['type'], literals: readonly Literal[]): Column {
  switch (type) {
    case 'f64':
      return { name, type, values: Float64Array.from(literals, Number) }
    case 'bool':
      return { name, type, values: Uint8Array.from(literals, (value) => (value === true ? 1 : 0)) }
    case 'string': {
      const dictionary = [...new Set(literals)].filter((value) => typeof value === 'string')
      const codes = new Map<Literal, number>(dictionary.map((text, code) => [text, code]))
      return { name, type, values: Uint32Array.from(literals, (value) => codes.get(value) ?? 0), dictionary }
    }
    default:
      return { name, type, values: BigInt64Array.from(literals, (value) => (typeof value === 'bigint' ? value : 0n)) }
  }
}

import type { Expression, Literal } from '../core/expression.ts'
import {
  blockHasNan,
  blockMaxF64,
  blockMaxI64,
  blockMinF64,
  blockMinI64,
  blockNulls,
  blockRows,
  blockType,
} from '../kernel/header.ts'
import { MIRRORED } from './field-tests.ts'
import { type Block, isBlock, type RowGroup } from './row-group.ts'

/** False where the blocks' statistics show that no row of the group passes the filter. */
export function mayPass(filter: Expression, rows: RowGroup): boolean {
  if (filter.kind !== 'binary') return true
  if (filter.op === 'and') return mayPass(filter.left, rows) && mayPass(filter.right, rows)
  if (filter.op === 'or') return mayPass(filter.left, rows) || mayPass(filter.right, rows)
  const { left, right } = filter
  if (right.kind === 'literal') return comparisonMayPass(filter.op, left, right.value, rows)
  if (left.kind === 'literal') return comparisonMayPass(MIRRORED[filter.op], right, left.value, rows)
  return true
}

function comparisonMayPass(op: string | undefined, column: Expression, value: Literal, rows: RowGroup): boolean {
  if (op === undefined || column.kind !== 'column' || column.source !== 'field') return true
  const block = rows.field(column.name)
  if (block === undefined) return false
  if (!isBlock(block) || (typeof value !== 'number' && typeof value !== 'bigint')) return true
  if (blockNulls(block.view, block.block) === blockRows(block.view, block.block)) return false
  const range = rangeOf(block)
  if (range === undefined || Number.isNaN(value)) return true
  // Integers are compared with a double as doubles.
  const compared = typeof value === 'number' ? { min: Number(range.min), max: Number(range.max) } : range
  return rangeMayPass(op, compared, value)
}

/** Least and greatest value; `undefined` where they do not bound every value, since NaN comes after all others. */
function rangeOf({ view, block }: Block): { min: number | bigint; max: number | bigint } | undefined {
  const type = blockType(view, block)
  if (type === 'i64') return { min: blockMinI64(view, block), max: blockMaxI64(view, block) }
  if (type !== 'f64' || blockHasNan(view, block)) return undefined
  return { min: blockMinF64(view, block), max: blockMaxF64(view, block) }
}

function rangeMayPass(
  op: string,
  range: { min: number | bigint; max: number | bigint },
  value: number | bigint,
): boolean {
  switch (op) {
    case '=':
      return range.min <= value && value <= range.max
    case '<':
      return range.min < value
    case '<=':
      return range.min <= value
    case '>':
      return range.max > value
    case '>=':
      return range.max >= value
    default:
      return true
  }
}

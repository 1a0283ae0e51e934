import type { Expression, Literal } from '../core/expression.ts'
import { headerView } from '../kernel/header.ts'
import { isBlock, type RowGroup } from './row-group.ts'

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' }

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

function comparisonMayPass(
  op: string | undefined,
  column: Expression,
  value: Literal,
  rows: RowGroup,
): boolean {
  if (op === undefined || column.kind !== 'column' || column.source !== 'field') return true
  const block = rows.field(column.name)
  if (block === undefined) return false
  if (!isBlock(block) || (typeof value !== 'number' && typeof value !== 'bigint')) return true
  const header = headerView(block.headers, block.at)
  if (header.nulls === header.rows) return false
  const range = header.numericRange()
  return range === undefined || rangeMayPass(op, range, value)
}

function rangeMayPass(op: string, range: { min: number | bigint; max: number | bigint }, value: number | bigint): boolean {
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

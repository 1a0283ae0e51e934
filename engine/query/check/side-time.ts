import { TIME_COLUMN } from '../../core/rows.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { typeName } from './coerce.ts'
import { queryError } from './query-error.ts'
import type { ColumnExpression } from './scope.ts'
import { resolveColumn, type Sources } from './sources.ts'

/** The time of one side of a join, which stands at a range: where it is of several sources, that of the first. */
export function sideTime(side: Sources, range: SourceRange, what: string): ColumnExpression {
  const first = side.sources.find(({ columns }) => columns.some(({ name }) => name === TIME_COLUMN)) ?? side.sources[0]
  const alone = { ...side, sources: first ? [first] : [] }
  const time = resolveColumn({ kind: 'name', name: TIME_COLUMN, depth: 1, range }, alone)
  if (time.type === 'time') return time
  throw queryError(range, `${what} expected a time, but 'time' is ${typeName(time.type)}`)
}

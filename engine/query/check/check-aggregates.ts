import type { TableInfo } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import type { DurationSyntax, SelectStatement } from '../parse/syntax.ts'
import { aggregateCall, isAggregate, isPoints, requirePointsAlone } from './aggregate-call.ts'
import { fixedDuration } from './check-expression.ts'
import type { AggregateCall, CheckedSelect, SelectBody } from './checked.ts'
import { checkItem, checkOrder, outputOf } from './outputs.ts'
import { queryError } from './query-error.ts'
import { rowScope, scalarCall, tagNames } from './row-scope.ts'
import { findColumn, type Scope, type StatementContext, tableColumn } from './scope.ts'

/** Aggregates: columns outside of calls have to be the same for all rows of a group. */
export function checkAggregates(statement: SelectStatement, table: TableInfo, context: StatementContext): SelectBody {
  if (statement.latest) {
    throw queryError(statement.latest.range, 'LATEST ON takes whole rows; expected items without aggregates')
  }
  const window = windowOf(statement.groupBy)
  const by = tagNames(
    statement.groupBy.filter((item) => item.kind === 'name'),
    table,
  )
  const calls: AggregateCall[] = []
  const timed = window !== undefined || statement.items.some(isPoints)
  const scope = groupScope({ table, context, calls, by, timed })
  const items = statement.items.map((item) => {
    if (item.kind === 'expression') return checkItem(item, { table, calls }, scope)
    throw queryError(item.range, "'*' cannot stand beside aggregates or GROUP BY", { expected: ['an aggregate'] })
  })
  requirePointsAlone(calls, statement.items)
  const implicit = [...(timed ? [TIME_COLUMN] : []), ...by]
    .filter((name) => !items.some(({ expression }) => expression.kind === 'column' && expression.name === name))
    .flatMap((name) => findColumn(table, name) ?? [])
    .map((column) => outputOf(column.name, column, { table, calls }))
  const outputs = [...implicit, ...items]
  const order = checkOrder(statement, outputs, scope)
  return { shape: 'aggregate', by, calls, outputs, order, ...(window && { window }) }
}

/** A Monday, since weeks begin there; all else is aligned to 1970. */
const FIRST_MONDAY = 4n * 86_400_000_000_000n

function windowOf(groupBy: SelectStatement['groupBy']): CheckedSelect['window'] {
  const durations = groupBy.filter((item): item is DurationSyntax => item.kind === 'duration')
  const [duration, second] = durations
  if (second) throw queryError(second.range, 'GROUP BY takes one duration', { expected: ['a tag'] })
  if (duration === undefined) return undefined
  const width = fixedDuration(duration.text, duration.range)
  if (width === 0n) throw queryError(duration.range, 'a window has no length; expected a duration above 0')
  return { origin: /^\d+w$/.test(duration.text) ? FIRST_MONDAY : 0n, width }
}

interface GroupScope {
  table: TableInfo
  context: StatementContext
  calls: AggregateCall[]
  by: readonly string[]
  /** Whether rows of the answer have a time. */
  timed: boolean
}

function groupScope({ table, context, calls, by, timed }: GroupScope): Scope {
  const inner = rowScope(table, context, 'within another aggregate')
  const scope: Scope = {
    context,
    column: (name) => {
      const column = tableColumn(table, name)
      if (column.source === 'time' ? timed : by.includes(column.name)) return column
      const needed = column.source === 'time' ? 'a duration in GROUP BY' : `'${name.name}' in GROUP BY`
      const hint = column.source === 'field' ? `Write for example avg(${name.name}) or last(${name.name}).` : undefined
      throw queryError(
        name.range,
        column.source === 'field'
          ? `'${name.name}' differs within a group; expected it inside an aggregate`
          : `'${name.name}' differs within a group; expected ${needed}, or an aggregate`,
        hint === undefined ? {} : { hint },
      )
    },
    call: (call) => (isAggregate(call.name) ? aggregateCall(call, calls, inner) : scalarCall(call, scope)),
  }
  return scope
}

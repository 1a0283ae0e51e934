import { TIME_COLUMN } from '../../core/rows.ts'
import type { TimeWindow } from '../../core/time-window.ts'
import type { SubscribeStatement } from '../parse/syntax.ts'
import { fixedDuration } from './check-expression.ts'
import { checkQuery } from './check-query.ts'
import { type CheckedSubscribe, givesPoints, type WindowsOfRows } from './checked.ts'
import { queryError } from './query-error.ts'
import type { Relation } from './relation.ts'
import type { Environment } from './scope.ts'

/** EMIT EVERY is no shorter, in ns. */
const MIN_EVERY = 10_000_000n

/** Checks SUBSCRIBE. EMIT ON CLOSE and ALLOW LATENESS are for rows of windows, whose starts are in the answer. */
export function checkSubscribe(statement: SubscribeStatement, environment: Environment): CheckedSubscribe {
  const { query, emit, lateness, range } = statement
  const relation = checkQuery(query, environment)
  const windows = windowsOf(relation)
  if (emit?.kind === 'close' && windows === undefined) throw withoutWindows('EMIT ON CLOSE', emit.range)
  if (lateness && windows === undefined) throw withoutWindows('ALLOW LATENESS', lateness.range)
  const every = emit?.kind === 'every' ? fixedDuration(emit.every.text, emit.every.range) : undefined
  if (emit && every !== undefined && every < MIN_EVERY) throw queryError(emit.range, 'EMIT EVERY expected 10ms or more')
  return {
    kind: 'subscribe',
    range,
    relation,
    usesNow: environment.uses.now,
    emit:
      emit?.kind === 'close' ? { kind: 'close' } : every === undefined ? { kind: 'change' } : { kind: 'every', every },
    ...(windows && { windows }),
    ...(lateness && { lateness: fixedDuration(lateness.text, lateness.range) }),
  }
}

function withoutWindows(what: string, range: SubscribeStatement['range']): Error {
  return queryError(range, `${what} is for rows of windows of time, and the query has none`, {
    hint: 'Group by a duration, as in GROUP BY 1m, and leave time among the columns.',
  })
}

/** The windows that rows of a relation stand for, where each has the start of its window in a column. */
function windowsOf(relation: Relation): WindowsOfRows | undefined {
  switch (relation.kind) {
    case 'aggregate': {
      const { window, calls } = relation
      return window === undefined || givesPoints(calls) ? undefined : ofTime(window)
    }
    case 'overlay':
      return relation.inputs[0] && windowsOf(relation.inputs[0])
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'fill':
    case 'window':
      return windowsOf(relation.input)
    case 'project': {
      const inner = windowsOf(relation.input)
      const output = relation.outputs.find(({ expression }) => {
        return expression.kind === 'column' && expression.name === inner?.column
      })
      return inner && output && { ...inner, column: output.name }
    }
    default:
      return undefined
  }
}

function ofTime(window: TimeWindow): WindowsOfRows {
  return { window, column: TIME_COLUMN }
}

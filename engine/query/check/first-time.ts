import { AGGREGATES } from '../../aggregate/registry.ts'
import type { AlignSyntax } from '../parse/syntax.ts'
import { callColumn } from './checked.ts'
import { PendingQuery } from './pending-query.ts'
import type { Relation } from './relation.ts'
import type { ColumnExpression, Environment } from './scope.ts'

/** Rows, and their time where they have one. */
export interface TimedRows {
  relation: Relation
  time: ColumnExpression | undefined
}

/** The time of the first row, which is asked for before the statement; `undefined` where there is none. */
export function firstTime(
  align: AlignSyntax,
  { relation, time }: TimedRows,
  { answers }: Environment,
): bigint | undefined {
  if (time === undefined) return undefined
  const answer = answers.get(align)
  if (answer === undefined) throw new PendingQuery(align, firstOf(relation, time, align))
  const first = answer.columns[0]
  const value = first?.values[0]
  return typeof value === 'bigint' && first?.validity === undefined ? value : undefined
}

function firstOf(input: Relation, time: ColumnExpression, { range }: AlignSyntax): Relation {
  const aggregate = AGGREGATES.get('min')
  if (aggregate === undefined) throw new Error('there is an aggregate min')
  const call = { kind: 'measured', aggregate, input: time, type: 'time', label: 'time', range } as const
  const expression = { kind: 'column', name: callColumn(0), source: 'field', type: 'time' } as const
  return {
    kind: 'project',
    input: { kind: 'aggregate', input, groups: [], calls: [call], time },
    outputs: [{ name: 'time', type: 'time', expression, key: false }],
  }
}

import { type Expression, printExpression, printName } from '../../core/expression.ts'
import { printWindow } from '../../core/time-window.ts'
import type { AggregateCall } from '../check/checked.ts'
import { type Relation, relationInputs } from '../check/relation.ts'
import {
  describeAround,
  describeFill,
  describeJoin,
  describeOverlay,
  describeSpan,
  describeWindow,
  printOrder,
} from './print-plan.ts'

/** A relation as text, one step a line, each above what it reads: what a query means, before any rule. */
export function printRelation(relation: Relation): string[] {
  const below = relationInputs(relation).flatMap(printRelation)
  return [describe(relation), ...below.map((line) => `  ${line}`)]
}

function describe(relation: Relation): string {
  switch (relation.kind) {
    case 'scan':
      return `scan ${printName(relation.table.name)}`
    case 'values':
      return `values of ${relation.rows.length} rows`
    case 'filter':
      return `filter ${printExpression(relation.condition)}`
    case 'project':
      return `project ${relation.outputs.map(({ name, expression }) => named(name, expression)).join(', ')}`
    case 'aggregate': {
      const by = relation.groups.map(({ column, expression }) => `by ${named(column.name, expression)}`)
      const width = relation.window ? [`by ${printWindow(relation.window)}`] : []
      return ['aggregate', ...width, ...by, ...relation.calls.map(printCall)].join(' ')
    }
    case 'sort':
      return `sort ${relation.order.map(printOrder).join(', ')}`
    case 'limit': {
      const per = relation.per.length === 0 ? '' : ` per ${relation.per.map(printExpression).join(', ')}`
      return `limit ${relation.limit}${per} offset ${relation.offset}`
    }
    case 'distinct':
      return 'distinct'
    case 'set':
      return `${relation.op}${relation.all ? ' all' : ''}`
    case 'join':
      return describeJoin(relation)
    case 'window':
      return describeWindow(relation.calls)
    case 'around':
      return describeAround(relation)
    case 'apply': {
      const { form, column, references } = relation
      const read = references.map(({ name, expression }) => named(name, expression))
      return `apply ${form.kind} as ${printName(column.name)} to ${read.join(', ')}`
    }
    case 'span':
      return describeSpan(relation)
    case 'overlay':
      return describeOverlay(relation)
    case 'fill':
      return describeFill(relation)
    case 'latest':
      return `latest by ${relation.by.map(printExpression).join(', ')}`
  }
}

function named(name: string, expression: Expression): string {
  const text = printExpression(expression)
  return text === printName(name) ? text : `${printName(name)} = ${text}`
}

function printCall(call: AggregateCall, k: number): string {
  return `#${k} = ${call.aggregate.name}(${call.label})`
}

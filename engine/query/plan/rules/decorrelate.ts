import { AGGREGATES } from '../../../aggregate/registry.ts'
import { columnsOf, type Expression, mapOperands } from '../../../core/expression.ts'
import { conjunctsOf, joinLogical } from '../../check/boolean.ts'
import { joinKey } from '../../check/check-join.ts'
import { type AggregateCall, callColumn, callInputs, type Output, windowInputs } from '../../check/checked.ts'
import { isOuter } from '../../check/outer-column.ts'
import { queryError } from '../../check/query-error.ts'
import {
  type AggregateRelation,
  type ApplyForm,
  type ApplyRelation,
  columnReference,
  type GroupKey,
  type JoinKey,
  outputOf,
  type Relation,
  relationColumns,
  relationInputs,
  ruleExpressions,
} from '../../check/relation.ts'
import { mapInputs } from './rule.ts'

/**
 * Makes joins of queries that are asked for each row. What ties such a query to the row has to be equalities in its WHERE:
 * its rows are then grouped by their sides of these, so that each row finds one group at most, and the left join with the
 * groups leaves rows as they are. A test of the answer makes a semi-join or an anti-join of that.
 */
export function decorrelate(relation: Relation): Relation {
  const inner = mapInputs(relation, decorrelate)
  return inner.kind === 'apply' ? joined(inner) : inner
}

function joined(apply: ApplyRelation): Relation {
  const { form } = apply
  if (form.kind === 'exists') return withExistence(apply, tiedRows(apply, apply.query))
  if (form.kind === 'in') return withMembership(apply, form)
  return withValue(apply)
}

/** The rows of a query without what ties them to the row around, and what does. */
interface TiedRows {
  input: Relation
  ties: readonly Tie[]
  /** What the query answers with, over the rows. */
  outputs: readonly Output[]
}

/** What has to be the same: something of the row around, and something of the query's rows. */
interface Tie {
  outer: Expression
  inner: Expression
}

function withExistence(apply: ApplyRelation, rows: TiedRows): Relation {
  const groups = groupsOf(apply, rows, { calls: [] })
  const side = keyed(apply, groups, rows.ties)
  return answered(apply, leftJoin(apply.input, side), isThere(side.mark))
}

/** A value that is in the groups is there. One that is not is missing beside what is missing, unless there are no rows. */
function withMembership(apply: ApplyRelation, form: Extract<ApplyForm, { kind: 'in' }>): Relation {
  const { query } = apply
  const rows = tiedRows(apply, query)
  const value = rows.outputs[0]?.expression
  const key = joinKey(form.test)
  if (value === undefined || key === undefined) throw new Error('a query of IN has a column, which is compared')
  refuseOuter(apply, [value])
  const tie = { outer: key.left, inner: replaced(key.right, value) }
  const found = { ...rows, ties: [...rows.ties, tie] }
  const side = keyed(apply, groupsOf(apply, found, { calls: [] }), found.ties)
  const isTag = value.kind === 'column' && value.source === 'tag'
  const counts = [countCall(undefined, apply), countCall(isTag ? undefined : value, apply)]
  const counted = keyed(apply, groupsOf(apply, rows, { calls: counts }), rows.ties, 'all')
  const [all, present] = [0, 1].map((k): Expression => counted.value(k))
  if (all === undefined || present === undefined) throw new Error('both counts are there')
  const { operand } = form
  const unsure = [...(isTagColumn(operand) ? [] : [isMissing(operand)]), compared('<', present, all)]
  const answer = caseOf([
    [isThere(side.mark), bool(true)],
    [isMissing(all), bool(false)],
    [joinLogical('or', unsure), bool(null)],
  ])
  return answered(apply, leftJoin(leftJoin(apply.input, side), counted), answer)
}

/** An aggregate of each group; where there is none it is what the aggregate is of no rows. */
function withValue(apply: ApplyRelation): Relation {
  const [output] = apply.query.kind === 'project' ? apply.query.outputs : []
  const aggregate = aggregateBelow(apply)
  if (output === undefined) throw new Error('a query as a value has a column')
  refuseOuter(apply, [
    output.expression,
    ...aggregate.calls.flatMap(callInputs),
    ...(aggregate.time ? [aggregate.time] : []),
  ])
  const rows = tiedRows(apply, aggregate.input)
  const { calls, time } = aggregate
  const side = keyed(apply, groupsOf(apply, rows, { calls, ...(time && { time }) }), rows.ties)
  const value = withColumns(output.expression, (name) => side.calls.get(name))
  const left = leftJoin(apply.input, side)
  if (isMissingOfNothing(output, calls)) return answered(apply, left, value)
  const nothing: Relation = { kind: 'values', columns: relationColumns(rows.input), rows: [] }
  const name = `${apply.column.name}.nothing`
  const empty: Relation = {
    kind: 'project',
    input: { ...aggregate, input: nothing },
    outputs: [{ ...output, name, key: false }],
  }
  const both: Relation = { kind: 'join', join: 'inner', left, right: empty, equal: [] }
  const { type, unit } = output
  const otherwise: Expression = { kind: 'column', name, source: 'field', type, ...(unit !== undefined && { unit }) }
  return answered(apply, both, {
    kind: 'case',
    type,
    branches: [{ when: isThere(side.mark), value }],
    otherwise,
  })
}

/** Whether a value over no rows is missing: that of one measured aggregate other than a count. */
function isMissingOfNothing({ expression }: Output, calls: readonly AggregateCall[]): boolean {
  const call = calls.find((_, k) => expression.kind === 'column' && expression.name === callColumn(k))
  return call?.kind === 'measured' && call.aggregate.name !== 'count'
}

function aggregateBelow(apply: ApplyRelation): AggregateRelation {
  let below = apply.query.kind === 'project' ? apply.query.input : apply.query
  while (below.kind === 'sort' || (below.kind === 'limit' && keepsOne(below))) below = below.input
  if (below.kind === 'aggregate' && below.groups.length === 0 && !below.window) return below
  const grouped = below.kind === 'filter' ? below.input.kind === 'aggregate' : below.kind === 'aggregate'
  const what = grouped ? 'one without GROUP BY and HAVING' : 'an aggregate'
  throw queryError(
    apply.range,
    `a query that reads columns of the row around is a value of many rows; expected ${what}`,
  )
}

/** Whether the first row of each group is among those that a limit leaves. */
function keepsOne({ limit, offset, per }: Extract<Relation, { kind: 'limit' }>): boolean {
  return limit !== 0 && offset === 0 && per.length === 0
}

/** Takes the tests that tie a query's rows to the row around from where it filters them. */
function tiedRows(apply: ApplyRelation, query: Relation, outputs: readonly Output[] = []): TiedRows {
  switch (query.kind) {
    case 'project':
      return tiedRows(apply, query.input, outputs.length === 0 ? query.outputs : composed(outputs, query.outputs))
    case 'distinct':
    case 'sort':
      return tiedRows(apply, query.input, outputs)
    case 'limit':
      if (apply.form.kind !== 'exists' || !keepsOne(query)) throw cannot(apply)
      return tiedRows(apply, query.input, outputs)
    case 'aggregate':
      if (!isDistinct(query)) throw cannot(apply)
      return tiedRows(apply, query.input, outputs)
    case 'filter':
      return { ...splitTests(apply, query.input, conjunctsOf(query.condition)), outputs }
    default:
      throw cannot(apply)
  }
}

/** Outputs over what other outputs are made of. */
function composed(outputs: readonly Output[], below: readonly Output[]): Output[] {
  const meaning = (name: string): Expression | undefined => below.find((each) => each.name === name)?.expression
  return outputs.map((output) => ({ ...output, expression: withColumns(output.expression, meaning) }))
}

/** Whether groups are nothing but rows of which each is there once. */
function isDistinct({ groups, calls, window }: AggregateRelation): boolean {
  const bare = groups.every(({ column, expression }) => expression.kind === 'column' && expression.name === column.name)
  return calls.length === 0 && groups.length > 0 && window === undefined && bare
}

function splitTests(apply: ApplyRelation, below: Relation, tests: readonly Expression[]): Omit<TiedRows, 'outputs'> {
  const own = tests.filter((test) => !columnsOf(test).some(isOuter))
  const ties = tests.filter((test) => !own.includes(test)).map((test) => tieOf(apply, test))
  if (ties.length === 0 || readsOuter(below)) throw cannot(apply)
  return {
    input: own.length === 0 ? below : { kind: 'filter', input: below, condition: joinLogical('and', own) },
    ties,
  }
}

function tieOf(apply: ApplyRelation, test: Expression): Tie {
  const key = joinKey(test)
  if (key === undefined) throw cannot(apply, columnsOf(test).find(isOuter))
  const sides = [key.left, key.right].map((side) => {
    const read = columnsOf(side)
    return read.length > 0 && read.every(isOuter) ? 'outer' : read.some(isOuter) ? 'both' : 'inner'
  })
  if (sides[0] === 'outer' && sides[1] === 'inner') return { outer: ofRow(apply, key.left), inner: key.right }
  if (sides[1] === 'outer' && sides[0] === 'inner') return { outer: ofRow(apply, key.right), inner: key.left }
  throw cannot(apply, columnsOf(test).find(isOuter))
}

/** An expression of the row around, of which a query has its own names. */
function ofRow({ references }: ApplyRelation, expression: Expression): Expression {
  return withColumns(expression, (name) => references.find((each) => each.name === name)?.expression)
}

function withColumns(expression: Expression, meaning: (name: string) => Expression | undefined): Expression {
  if (expression.kind === 'column') return meaning(expression.name) ?? expression
  return mapOperands(expression, (operand) => withColumns(operand, meaning))
}

/** The one column that an expression reads, as what it is. */
function replaced(expression: Expression, value: Expression): Expression {
  return withColumns(expression, () => value)
}

/** Whether anything in a relation is of the row around. */
function readsOuter(relation: Relation): boolean {
  return (
    expressionsOf(relation).some((each) => columnsOf(each).some(isOuter)) || relationInputs(relation).some(readsOuter)
  )
}

function expressionsOf(relation: Relation): readonly Expression[] {
  const timed = 'time' in relation && relation.time ? [relation.time] : []
  switch (relation.kind) {
    case 'filter':
      return [relation.condition]
    case 'project':
      return relation.outputs.map(({ expression }) => expression)
    case 'aggregate':
      return [...timed, ...relation.groups.map(({ expression }) => expression), ...relation.calls.flatMap(callInputs)]
    case 'join':
      return [...sidesOf(relation.equal), ...(relation.residual ? [relation.residual] : [])]
    case 'around':
      return [...sidesOf(relation.match.equal), ...relation.calls.flatMap(callInputs)]
    case 'sort':
      return relation.order.map(({ expression }) => expression)
    case 'limit':
      return relation.per
    case 'latest':
      return [...timed, ...relation.by]
    case 'window':
      return [...timed, ...relation.calls.flatMap(windowInputs)]
    case 'span':
      return [...timed, ...relation.partition, ...ruleExpressions(relation.rule)]
    case 'fill':
      return relation.computed.map(({ expression }) => expression)
    case 'apply':
      return relation.references.map(({ expression }) => expression)
    case 'scan':
    case 'values':
    case 'distinct':
    case 'set':
    case 'overlay':
      return []
  }
}

function sidesOf(equal: readonly JoinKey[]): Expression[] {
  return equal.flatMap(({ left, right }) => [left, right])
}

function refuseOuter(apply: ApplyRelation, expressions: readonly Expression[]): void {
  const outer = expressions.flatMap((each) => columnsOf(each)).find(isOuter)
  if (outer !== undefined) throw cannot(apply, outer)
}

/** The error that says where a query is tied to the row around in a way that no join has. */
function cannot({ references, range }: ApplyRelation, name?: string): Error {
  const reference = references.find((each) => each.name === name) ?? references[0]
  const message =
    'a query can be asked for each row where nothing but equalities in its WHERE, joined by AND, reads the row around'
  return queryError(reference?.range ?? range, message, { hint: 'Write a JOIN, or group in a query in FROM.' })
}

/** The rows by their sides of the ties. */
function groupsOf(
  { column }: ApplyRelation,
  { input, ties }: Omit<TiedRows, 'outputs'>,
  { calls, time }: Pick<AggregateRelation, 'calls' | 'time'>,
): AggregateRelation {
  const columns = relationColumns(input)
  const groups = ties.map(({ inner }, i): GroupKey => {
    const { key: _, expression: __, ...own } = outputOf(`${column.name}.${i}`, inner, columns)
    return {
      column: { ...own, source: inner.kind === 'column' ? inner.source : 'field', key: true },
      expression: inner,
      label: own.name,
    }
  })
  return { kind: 'aggregate', input, groups, calls, ...(time && { time }) }
}

/** One side of a left join: groups, what rows find them by, and a column that is there in each. */
interface KeyedGroups {
  relation: Relation
  equal: readonly JoinKey[]
  mark: Expression
  /** The values of its calls by the columns that the aggregate has them in. */
  calls: ReadonlyMap<string, Expression>
  value(k: number): Expression
}

/** Groups that a row finds by the outer sides of ties. */
function keyed(
  { column }: ApplyRelation,
  grouped: AggregateRelation,
  ties: readonly Tie[],
  name = 'group',
): KeyedGroups {
  const prefix = `${column.name}.${name}`
  const all = relationColumns(grouped)
  const outputs = all.map((each): Output => outputOf(`${prefix}.${each.name}`, columnReference(each), all))
  const mark: Output = { name: `${prefix}.there`, type: 'bool', expression: bool(true), key: false }
  const reference = (k: number): Expression => {
    const [from, output] = [all[k], outputs[k]]
    if (from === undefined || output === undefined) throw new Error('groups have the columns of their ties and calls')
    return columnReference({ ...from, name: output.name })
  }
  const { length } = grouped.groups
  const values = grouped.calls.map((_, k) => [callColumn(k), reference(length + k)] as const)
  return {
    relation: { kind: 'project', input: grouped, outputs: [...outputs, mark] },
    equal: ties.map(({ outer }, i) => ({ left: outer, right: reference(i) })),
    mark: { kind: 'column', name: mark.name, source: 'field', type: 'bool' },
    calls: new Map(values),
    value: (k) => reference(length + k),
  }
}

function leftJoin(left: Relation, { relation, equal }: KeyedGroups): Relation {
  return { kind: 'join', join: 'left', left, right: relation, equal }
}

/** The rows with the answer of the query, and without what it was made of. */
function answered({ input, column }: ApplyRelation, rows: Relation, expression: Expression): Relation {
  const columns = relationColumns(input)
  const kept = columns.map((each) => outputOf(each.name, columnReference(each), columns))
  const { name, type, unit } = column
  const answer: Output = { name, type, expression, key: false, ...(unit !== undefined && { unit }) }
  return { kind: 'project', input: rows, outputs: [...kept, answer] }
}

function countCall(input: Expression | undefined, { range }: ApplyRelation): AggregateCall {
  const aggregate = AGGREGATES.get('count')
  if (aggregate === undefined) throw new Error('there is an aggregate count')
  return { kind: 'measured', aggregate, type: 'i64', label: '*', range, ...(input && { input }) }
}

function isTagColumn(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'tag'
}

function bool(value: boolean | null): Expression {
  return { kind: 'literal', type: 'bool', value }
}

function isThere(operand: Expression): Expression {
  return { kind: 'unary', op: 'is not null', type: 'bool', operand }
}

function isMissing(operand: Expression): Expression {
  return { kind: 'unary', op: 'is null', type: 'bool', operand }
}

function compared(op: '<', left: Expression, right: Expression): Expression {
  return { kind: 'binary', op, type: 'bool', left, right }
}

/** What comes behind the first that is true, else false. */
function caseOf(branches: readonly (readonly [when: Expression, value: Expression])[]): Expression {
  return {
    kind: 'case',
    type: 'bool',
    branches: branches.map(([when, value]) => ({ when, value })),
    otherwise: bool(false),
  }
}

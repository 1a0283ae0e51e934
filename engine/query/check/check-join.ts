import { type Expression, expressionType } from '../../core/expression.ts'
import type { DurationSyntax, JoinSyntax, NameSyntax } from '../parse/syntax.ts'
import { conjunctsOf, joinLogical } from './boolean.ts'
import { aroundMatch } from './check-around.ts'
import { checkCondition, fixedDuration } from './check-expression.ts'
import { toDouble } from './coerce.ts'
import { comparison } from './comparison.ts'
import { queryError } from './query-error.ts'
import {
  type AsofMatch,
  columnReference,
  type JoinKey,
  type JoinRelation,
  outputOf,
  type Relation,
  type RelationColumn,
  readsOnly,
  relationColumns,
} from './relation.ts'
import { rowScope } from './row-scope.ts'
import type { ColumnExpression, Environment } from './scope.ts'
import { sideTime } from './side-time.ts'
import { resolveColumn, type Source, type Sources } from './sources.ts'

/** Checks a join of what two sources make. */
export function checkJoin(syntax: JoinSyntax, one: Sources, other: Sources, environment: Environment): Sources {
  if (one.around || other.around) {
    throw queryError(syntax.right.range, 'WINDOW JOIN is the last of the joins; put what it joins in brackets')
  }
  const [left, right] = apart(syntax, one, other)
  const used = syntax.using.map((name) => usedColumns(name, left, right))
  if (syntax.around) {
    const equal = used.map(({ key }) => key)
    return {
      ...left,
      around: { sources: right, match: aroundMatch(syntax, syntax.around, { left, right, equal, environment }) },
    }
  }
  const both: Sources = { relation: left.relation, sources: [...left.sources, ...right.sources], merged: left.merged }
  const condition = syntax.on && checkCondition(syntax.on, rowScope(both, environment, 'in ON'), 'ON')
  const asof = syntax.asof && asofMatch(syntax.asof, syntax, [left, right])
  const join: JoinRelation = {
    kind: 'join',
    join: syntax.join === 'cross' ? 'inner' : syntax.join,
    left: left.relation,
    right: right.relation,
    equal: used.map(({ key }) => key),
    ...(asof && { asof }),
  }
  const joined = condition ? withCondition(join, condition) : join
  return seen(joined, both, { used, asof, join: join.join })
}

interface Seen {
  used: readonly UsedColumns[]
  asof: AsofMatch | undefined
  join: JoinRelation['join']
}

/** What names see of a join. Columns of USING are one; of ASOF JOIN `time` is that of the left side. */
function seen(relation: Relation, both: Sources, { used, asof, join }: Seen): Sources {
  const columns = new Map(relationColumns(relation).map((column) => [column.name, column]))
  const now = (column: RelationColumn): RelationColumn => columns.get(column.name) ?? column
  const sources = both.sources.map((source): Source => {
    return { ...source, columns: source.columns.map(({ name, column }) => ({ name, column: now(column) })) }
  })
  const merged = new Map([...both.merged].map(([name, column]) => [name, now(column)]))
  if (asof?.left.kind === 'column') {
    const time = columns.get(asof.left.name)
    if (time) merged.set('time', time)
  }
  if (join === 'full' && used.length > 0) return coalesced({ relation, sources, merged }, used)
  for (const { name, left, right } of used) merged.set(name, now(join === 'right' ? right : left))
  return { relation, sources, merged }
}

/** After FULL JOIN a column of USING is that of the side that has the row; one of them has, so that a tag stays a tag. */
function coalesced(from: Sources, used: readonly UsedColumns[]): Sources {
  const columns = relationColumns(from.relation)
  const outputs = columns.map((column) => outputOf(column.name, columnReference(column), columns))
  const merged = new Map(from.merged)
  for (const { name, left, right } of used) {
    const source = left.source === 'tag' && right.source === 'tag' ? 'tag' : undefined
    const operands = [left, right].map((column): Expression => ({ ...columnReference(column), source: 'field' }))
    const unique = uniqueName(name, new Set(outputs.map((output) => output.name)))
    const expression: Expression = { kind: 'coalesce', type: left.type, operands }
    outputs.push({ ...outputOf(unique, expression, columns), key: true, ...(source && { source }) })
    merged.set(name, { name: unique, type: left.type, source: source ?? 'field', key: true })
  }
  return { ...from, relation: { kind: 'project', input: from.relation, outputs }, merged }
}

/** Both sides with names that differ: those of one source begin with its alias. */
function apart(syntax: JoinSyntax, left: Sources, right: Sources): [Sources, Sources] {
  const known = new Set(left.sources.map(({ alias }) => alias))
  const twice = right.sources.find(({ alias }) => alias !== '' && known.has(alias))
  if (twice) {
    throw queryError(syntax.right.range, `two sources have the name '${twice.alias}'`, {
      hint: 'Give one of them another name with AS.',
    })
  }
  const taken = new Set<string>()
  return [renamed(left, taken), renamed(right, taken)]
}

function renamed(side: Sources, taken: Set<string>): Sources {
  const columns = relationColumns(side.relation)
  const names = new Map<string, RelationColumn>()
  const outputs = side.sources.flatMap(({ alias, columns: own }) =>
    own.map(({ name, column }) => {
      const output = outputOf(uniqueName(qualified(side, alias, name, column), taken), columnReference(column), columns)
      names.set(column.name, { ...column, name: output.name })
      return output
    }),
  )
  for (const column of side.merged.values()) {
    if (names.has(column.name)) continue
    const output = outputOf(uniqueName(column.name, taken), columnReference(column), columns)
    names.set(column.name, { ...column, name: output.name })
    outputs.push(output)
  }
  const now = (column: RelationColumn): RelationColumn => names.get(column.name) ?? column
  return {
    relation: { kind: 'project', input: side.relation, outputs },
    sources: side.sources.map((source) => ({
      ...source,
      columns: source.columns.map(({ name, column }) => ({ name, column: now(column) })),
    })),
    merged: new Map([...side.merged].map(([name, column]) => [name, now(column)])),
  }
}

function qualified({ sources }: Sources, alias: string, name: string, column: RelationColumn): string {
  if (sources.length > 1) return column.name
  return alias === '' ? name : `${alias}.${name}`
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name
  while (taken.has(unique)) unique += "'"
  taken.add(unique)
  return unique
}

interface UsedColumns {
  name: string
  left: RelationColumn
  right: RelationColumn
  key: JoinKey
}

function usedColumns(name: NameSyntax, left: Sources, right: Sources): UsedColumns {
  const [a, b] = [left, right].map((side) => resolveColumn(name, side))
  if (a === undefined || b === undefined) throw new Error('a join has two sides')
  const key = joinKey(comparison('=', [a, name.range], [b, name.range]))
  if (key === undefined) throw new Error('two columns compare as two columns')
  return { name: name.name, left: columnOf(a, left), right: columnOf(b, right), key }
}

function columnOf({ name }: ColumnExpression, { relation }: Sources): RelationColumn {
  const found = relationColumns(relation).find((column) => column.name === name)
  if (found === undefined) throw new Error(`there is no column '${name}'`)
  return found
}

/** Both sides of an equality, brought to one type. */
export function joinKey(compared: Expression): JoinKey | undefined {
  if (compared.kind !== 'binary' || compared.op !== '=') return undefined
  const { left, right } = compared
  const types = [expressionType(left), expressionType(right)]
  if (!types.includes('f64') || types[0] === types[1]) return { left, right }
  return { left: types[0] === 'i64' ? toDouble(left) : left, right: types[1] === 'i64' ? toDouble(right) : right }
}

/** The keys of a join among the tests of its condition, and what is left of them. */
export function splitJoin(
  left: Relation,
  right: Relation,
  tests: readonly Expression[],
): { equal: JoinKey[]; others: Expression[] } {
  const ofLeft = new Set(relationColumns(left).map(({ name }) => name))
  const ofRight = new Set(relationColumns(right).map(({ name }) => name))
  const equal: JoinKey[] = []
  const others: Expression[] = []
  for (const test of tests) {
    const key = joinKey(test)
    if (key && isOf(key.left, ofLeft) && isOf(key.right, ofRight)) equal.push(key)
    else if (key && isOf(key.right, ofLeft) && isOf(key.left, ofRight)) equal.push({ left: key.right, right: key.left })
    else others.push(test)
  }
  return { equal, others }
}

/** Whether an expression reads a column of a side, and none but of that side. */
function isOf(expression: Expression, names: ReadonlySet<string>): boolean {
  return expression.kind !== 'literal' && readsOnly(expression, names) && !readsOnly(expression, new Set())
}

/** A join with a condition: what tests one side alone narrows that side where that means the same. */
function withCondition(join: JoinRelation, condition: Expression): Relation {
  const { equal, others } = splitJoin(join.left, join.right, conjunctsOf(condition))
  const keyed = { ...join, equal: [...join.equal, ...equal] }
  if (join.join === 'inner')
    return others.length === 0 ? keyed : { kind: 'filter', input: keyed, condition: joinLogical('and', others) }
  const narrowed = join.join === 'left' ? 'right' : join.join === 'right' ? 'left' : undefined
  const names = new Set(narrowed ? relationColumns(join[narrowed]).map(({ name }) => name) : [])
  const own = others.filter((test) => narrowed && readsOnly(test, names))
  const residual = others.filter((test) => !own.includes(test))
  return {
    ...keyed,
    ...(narrowed &&
      own.length > 0 && { [narrowed]: { kind: 'filter', input: join[narrowed], condition: joinLogical('and', own) } }),
    ...(residual.length > 0 && { residual: joinLogical('and', residual) }),
  }
}

function asofMatch(
  { direction, tolerance }: NonNullable<JoinSyntax['asof']>,
  { left, right }: JoinSyntax,
  sides: readonly [Sources, Sources],
): AsofMatch {
  const [a, b] = [sideTime(sides[0], left.range, 'ASOF JOIN'), sideTime(sides[1], right.range, 'ASOF JOIN')]
  const most = tolerance && toleranceOf(tolerance)
  return { direction, left: a, right: b, ...(most !== undefined && { tolerance: most }) }
}

function toleranceOf({ text, range }: DurationSyntax): bigint {
  return fixedDuration(text, range)
}

import { type Batch, type Column, isValid } from '../core/batch.ts'
import { gatherColumn } from '../core/columns.ts'
import type { Expression } from '../core/expression.ts'
import type { Matcher } from '../core/matcher.ts'
import type { Catalog, Queryable } from '../core/plan.ts'
import type { ColumnRows } from '../core/rows.ts'
import type { ViewDefinition } from '../core/view.ts'
import { joinLogical } from '../query/check/boolean.ts'
import { check } from '../query/check/check.ts'
import { between } from '../query/check/check-windows.ts'
import { type Relation, relationColumns } from '../query/check/relation.ts'
import { planRelation } from '../query/plan/plan.ts'
import { mapInputs } from '../query/plan/rules/rule.ts'
import { execute } from '../query/run/execute.ts'
import { QueryMemory } from '../query/run/memory.ts'
import { checkCancelled, type QueryRun } from '../query/run/operator.ts'
import { joinBatches } from '../query/run/result.ts'
import { statementOf } from '../query/run/run.ts'
import type { RefreshStep } from './refresh-steps.ts'

/** What rows are read with. */
export interface ViewReading {
  queryable: Queryable
  catalog: Catalog
  signal: AbortSignal
}

/** Rows of a view: `time`, its tags, its fields, in the order of its definition. */
export type ViewRows = Batch

/** The rows that a view has to have in a step: the answer of its query. */
export async function computedRows(
  view: ViewDefinition,
  step: RefreshStep,
  { queryable, catalog, signal }: ViewReading,
): Promise<ViewRows> {
  const checked = check(await statementOf(view.query), catalog, { now: 0n })
  if (checked.kind !== 'select') throw new Error(`the query of the view '${view.name}' is no SELECT`)
  const relation = narrowed(checked.relation, step)
  const columns = relationColumns(relation)
  const rows = await readAll(planRelation(relation), { queryable, signal, memory: new QueryMemory() })
  const answer = joinBatches(columns, rows)
  const named = [{ name: 'time' }, ...view.tags, ...view.fields]
  return {
    rows: answer.rows,
    columns: named.map(({ name }) => {
      const column = answer.columns[columns.findIndex((each) => each.name === name)]
      if (column === undefined) throw new Error(`the query of the view '${view.name}' has no column '${name}'`)
      return column
    }),
  }
}

/** The rows that a view has in a step. */
export async function presentRows(
  view: ViewDefinition,
  step: RefreshStep,
  { queryable, catalog, signal }: ViewReading,
): Promise<ViewRows> {
  const { start, end } = step
  const tags = view.tags.map(({ name }) => name)
  const fields = view.fields.map(({ name }) => name)
  const known = catalog.tables.find(({ name }) => name === view.name)
  const batches: Batch[] = []
  // A column that nothing has written yet is not known.
  if (known && fields.every((name) => known.fields.some((field) => field.name === name))) {
    const plan = { kind: 'rows', table: view.name, matchers: ownMatchers(view, step.matchers), start, end } as const
    for await (const batch of queryable.rows({ ...plan, tags, fields, order: 'asc' }, signal)) batches.push(batch)
  }
  const columns = [{ name: 'time', type: 'time' } as const, ...tags.map(tagColumn), ...view.fields]
  return joinBatches(columns, batches)
}

function tagColumn(name: string): { name: string; type: 'string' } {
  return { name, type: 'string' }
}

/** Tests of tags of the source as tests of the view's own. */
export function ownMatchers({ tags }: ViewDefinition, matchers: readonly Matcher[]): Matcher[] {
  return matchers.map((matcher) => {
    const own = tags.find(({ tag }) => tag === matcher.tag)
    if (own === undefined) throw new Error(`the groups of the view have no tag '${matcher.tag}'`)
    return { ...matcher, tag: own.name }
  })
}

/** Some rows, in the form in which they are written. */
export function rowsToWrite(view: ViewDefinition, { columns }: ViewRows, places: Uint32Array): ColumnRows {
  const named = [{ name: 'time' }, ...view.tags, ...view.fields]
  const [time, ...others] = columns.map((column, at): Column => {
    return { ...gatherColumn(column, places), name: named[at]?.name ?? column.name }
  })
  if (time?.type !== 'time') throw new Error('rows of a view have a time')
  const tags = others.slice(0, view.tags.length).filter((column) => column.type === 'string')
  // A field holds a time as nanoseconds.
  const fields = others
    .slice(view.tags.length)
    .map((column): Column => (column.type === 'time' ? { ...column, type: 'i64' } : column))
  return { table: view.name, time: time.values, tags, fields }
}

/** Which rows have a value of a field. */
export function hasValue({ columns }: ViewRows, { tags }: ViewDefinition, row: number): boolean {
  return columns.slice(1 + tags.length).some(({ validity }) => isValid(validity, row))
}

async function readAll(
  root: ReturnType<typeof planRelation>,
  run: QueryRun & { signal: AbortSignal },
): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of execute(root, run)) {
    checkCancelled(run)
    run.memory.holdBatch(batch)
    batches.push(batch)
  }
  return batches
}

/** A relation over those rows of its table that a step is of. */
function narrowed(relation: Relation, step: RefreshStep): Relation {
  if (relation.kind !== 'scan') return mapInputs(relation, (input) => narrowed(input, step))
  const time = { kind: 'column', name: 'time', source: 'time', type: 'time' } as const
  const condition = joinLogical('and', [between(time, step), ...step.matchers.map(testOf)])
  return { kind: 'filter', input: relation, condition }
}

/** A test of a tag as an expression. */
function testOf(matcher: Matcher): Expression {
  const operand = { kind: 'column', name: matcher.tag, source: 'tag', type: 'string' } as const
  if ('values' in matcher) return { kind: 'in', values: matcher.values, negated: matcher.op === 'not in', operand }
  const { op, value } = matcher
  if (op === '=~' || op === '!~') return { kind: 'match', pattern: value, negated: op === '!~', operand }
  return { kind: 'binary', op, type: 'bool', left: operand, right: { kind: 'literal', type: 'string', value } }
}

import { EARLIER, NO_CELL } from '../../engine/aggregate/accumulator.ts'
import { StateBudget } from '../../engine/aggregate/state-budget.ts'
import { openAccumulator } from '../../engine/aggregate/stateful.ts'
import '../../engine/aggregate/stateful-registry.ts'
import type { Batch, Column, ColumnType, FieldType } from '../../engine/core/batch.ts'
import type { Expression } from '../../engine/core/expression.ts'
import type { Matcher } from '../../engine/core/matcher.ts'
import type {
  AccumulatorInput,
  AggregateInput,
  AggregatePlan,
  Catalog,
  Change,
  EncodingUse,
  InputStates,
  LatestPlan,
  PartialAggregate,
  Queryable,
  RowsPlan,
  Selection,
  StateTable,
  TableCardinality,
  TableInfo,
  TagCardinality,
} from '../../engine/core/plan.ts'
import { canonicalTags, compareUtf8, type Tags, tagValue } from '../../engine/core/series.ts'
import { columnOf, type Value } from './plain-column.ts'
import { PlainDefinitions } from './plain-definitions.ts'
import { compareValues, evaluateRow, matchesWhole } from './plain-expression.ts'

export interface FixtureRow {
  time: bigint
  tags?: Readonly<Record<string, string>>
  fields: Readonly<Record<string, Value>>
}

export interface FixtureTable {
  fields: Readonly<Record<string, FieldType>>
  units?: Readonly<Record<string, string>>
  rows: readonly FixtureRow[]
}

interface StoredRow {
  time: bigint
  tags: Tags
  key: string
  fields: Map<string, Value>
}

interface StoredTable {
  types: Map<string, FieldType>
  units: Map<string, string>
  rows: Map<string, StoredRow>
}

const BATCH_ROWS = 7

/**
 * Tables in memory as rows in a map: a `Queryable` that is obviously right and not fast, for tests to compare with. It
 * shares no code with the engine beyond the order of strings, the form of columns and the accumulators.
 */
export class TableFixture implements Queryable {
  readonly #tables = new Map<string, StoredTable>()
  readonly #listeners = new Set<(changes: readonly Change[]) => void>()
  readonly definitions: PlainDefinitions = new PlainDefinitions()

  constructor(tables: Readonly<Record<string, FixtureTable>> = {}) {
    for (const [name, table] of Object.entries(tables)) this.append(name, table)
  }

  /** Adds rows; a field that was there already at the row's series and time is replaced, others are kept. */
  append(name: string, { fields, units = {}, rows }: FixtureTable): void {
    const table = this.#tables.get(name) ?? { types: new Map(), units: new Map(), rows: new Map() }
    this.#tables.set(name, table)
    for (const [field, type] of Object.entries(fields)) table.types.set(field, type)
    for (const [field, unit] of Object.entries(units)) table.units.set(field, unit)
    for (const row of rows) storeRow(table, row)
    if (rows.length === 0) return
    const times = rows.map((row) => row.time).sort(compareValues)
    const change = { table: name, start: times[0] ?? 0n, end: (times.at(-1) ?? 0n) + 1n }
    for (const listener of this.#listeners) listener([change])
  }

  /** Takes away the rows that pass a test, as a delete does. */
  remove(name: string, gone: (row: { time: bigint; tags: Tags }) => boolean): void {
    const table = this.#tables.get(name)
    if (table === undefined) return
    const removed = [...table.rows].filter(([, row]) => gone(row))
    for (const [key] of removed) table.rows.delete(key)
    const times = removed.map(([, row]) => row.time).sort(compareValues)
    if (times.length === 0) return
    const change = { table: name, start: times[0] ?? 0n, end: (times.at(-1) ?? 0n) + 1n }
    for (const listener of this.#listeners) listener([change])
  }

  async catalog(): Promise<Catalog> {
    const names = [...this.#tables.keys()].sort(compareUtf8)
    return this.definitions.catalog(names.map((name) => tableInfo(name, this.#tables.get(name))))
  }

  /** Forgets a table with its rows and columns. */
  drop(name: string): void {
    this.remove(name, () => true)
    this.#tables.delete(name)
    this.definitions.forget(name)
  }

  async aggregate(plan: AggregatePlan): Promise<PartialAggregate> {
    const rows = this.#select(plan)
    const cells = new Map<string, { group: string[]; window: bigint; rows: StoredRow[] }>()
    for (const row of rows) {
      const group = plan.by.map((tag) => tagValue(row.tags, tag))
      const window = windowOf(plan, row.time)
      const key = JSON.stringify([group, String(window)])
      const cell = cells.get(key) ?? { group, window, rows: [] }
      cells.set(key, cell)
      cell.rows.push(row)
    }
    const ordered = [...cells.values()].sort(
      (a, b) => compareTexts(a.group, b.group) || compareValues(a.window, b.window),
    )
    const groups = [...new Map(ordered.map(({ group }) => [JSON.stringify(group), group])).values()]
    const numbers = new Map(groups.map((group, number) => [JSON.stringify(group), number]))
    return {
      groups,
      cellGroup: Uint32Array.from(ordered, ({ group }) => numbers.get(JSON.stringify(group)) ?? 0),
      cellWindow: BigInt64Array.from(ordered, ({ window }) => window),
      rows: Float64Array.from(ordered, (cell) => cell.rows.length),
      inputs: plan.inputs.map((input) =>
        inputStates(
          input,
          ordered.map((cell) => cell.rows),
        ),
      ),
      ...(plan.accumulators && { accumulated: this.#accumulated(plan, plan.accumulators, ordered) }),
    }
  }

  /** States by the engine's own accumulators, fed row by row, a series after the other. */
  #accumulated(
    plan: AggregatePlan,
    inputs: readonly AccumulatorInput[],
    cells: readonly { rows: readonly StoredRow[] }[],
  ): StateTable[] {
    const cellOf = new Map(cells.flatMap(({ rows }, cell) => rows.map((row) => [row, cell] as const)))
    const read = this.#select({ ...plan, start: plan.start - (plan.lookBack ?? 0n) })
    const ofSeries = [...Map.groupBy(read, ({ key }) => key).values()]
    const place = { budget: new StateBudget(), windowOf: (time: bigint) => windowBounds(plan, time) }
    return inputs.map((input) => {
      const states = openAccumulator(input, place)
      for (const rows of ofSeries) {
        for (const row of rows) {
          states.update({
            cells: Uint32Array.of(cellOf.get(row) ?? (row.time < plan.start ? EARLIER : NO_CELL)),
            times: BigInt64Array.of(row.time),
            columns: input.inputs.map((each) => columnOf('', inputType(each), [inputValue(each, row)])),
          })
        }
        states.endSeries()
      }
      return states.states(Uint32Array.from(cells, (_, cell) => cell))
    })
  }

  async *rows(plan: RowsPlan): AsyncGenerator<Batch> {
    const rows = this.#select(plan)
    if (plan.order === 'desc') rows.sort((a, b) => compareValues(b.time, a.time) || compareTags(a.tags, b.tags))
    const wanted = rows.slice(0, plan.limit)
    for (let at = 0; at < wanted.length; at += BATCH_ROWS) yield this.#batch(plan, wanted.slice(at, at + BATCH_ROWS))
  }

  async latest(plan: LatestPlan): Promise<Batch> {
    const newest = new Map<string, { group: string[]; row: StoredRow }>()
    for (const row of this.#select(plan)) {
      const group = plan.by.map((tag) => tagValue(row.tags, tag))
      newest.set(JSON.stringify(group), { group, row })
    }
    const ordered = [...newest.values()].sort((a, b) => compareTexts(a.group, b.group))
    return this.#batch(
      plan,
      ordered.map(({ row }) => row),
    )
  }

  async series(table: string, matchers: readonly Matcher[], limit: number): Promise<Tags[]> {
    const found = new Map<string, Tags>()
    for (const row of this.#tables.get(table)?.rows.values() ?? []) {
      if (matchers.every((matcher) => passes(row.tags, matcher))) found.set(row.key, row.tags)
    }
    return [...found]
      .sort(([, a], [, b]) => compareTags(a, b))
      .slice(0, limit)
      .map(([, tags]) => tags)
  }

  async tagValues(table: string, tag: string, limit: number): Promise<string[]> {
    const values = new Set<string>()
    for (const row of this.#tables.get(table)?.rows.values() ?? []) values.add(tagValue(row.tags, tag))
    values.delete('')
    return [...values].sort(compareUtf8).slice(0, limit)
  }

  async tableCardinality(): Promise<TableCardinality[]> {
    const counts = [...this.#tables].map(([table, { rows }]) => ({
      table,
      series: new Set(Array.from(rows.values(), ({ key }) => key)).size,
    }))
    return counts.sort((a, b) => b.series - a.series || compareUtf8(a.table, b.table))
  }

  async tagCardinality(table: string): Promise<TagCardinality[]> {
    const series = new Map(Array.from(this.#tables.get(table)?.rows.values() ?? [], ({ key, tags }) => [key, tags]))
    const pairs = [...series.values()].flat()
    const counts = [...Map.groupBy(pairs, ([tag]) => tag)].map(([tag, own]) => ({
      tag,
      values: new Set(own.map(([, value]) => value)).size,
      series: own.length,
    }))
    return counts.sort((a, b) => b.values - a.values || compareUtf8(a.tag, b.tag))
  }

  /** Rows in a map are not encoded. */
  async encodings(): Promise<EncodingUse[]> {
    return []
  }

  watch(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The selected rows by time and series. */
  #select({ table, matchers, start, end, filter }: Selection): StoredRow[] {
    const rows = [...(this.#tables.get(table)?.rows.values() ?? [])].filter(
      (row) =>
        row.time >= start &&
        row.time < end &&
        matchers.every((matcher) => passes(row.tags, matcher)) &&
        (filter === undefined || evaluateRow(filter, readerOf(row)) === true),
    )
    return rows.sort((a, b) => compareValues(a.time, b.time) || compareTags(a.tags, b.tags))
  }

  #batch({ table, tags, fields }: RowsPlan | LatestPlan, rows: readonly StoredRow[]): Batch {
    const types = this.#tables.get(table)?.types
    const columns: Column[] = [
      columnOf(
        'time',
        'time',
        rows.map((row) => row.time),
      ),
      ...tags.map((tag) =>
        columnOf(
          tag,
          'string',
          rows.map((row) => tagValue(row.tags, tag)),
        ),
      ),
      ...fields.map((field) =>
        columnOf(
          field,
          types?.get(field) ?? 'f64',
          rows.map((row) => row.fields.get(field) ?? null),
        ),
      ),
    ]
    return { rows: rows.length, columns }
  }
}

function storeRow(table: StoredTable, row: FixtureRow): void {
  const tags = canonicalTags(Object.entries(row.tags ?? {}))
  const key = JSON.stringify(tags)
  const address = `${key} ${row.time}`
  const stored = table.rows.get(address) ?? { time: row.time, tags, key, fields: new Map() }
  table.rows.set(address, stored)
  for (const [field, value] of Object.entries(row.fields)) stored.fields.set(field, value)
}

function tableInfo(name: string, table: StoredTable | undefined): TableInfo {
  const tags = new Set<string>()
  for (const row of table?.rows.values() ?? []) for (const [tag] of row.tags) tags.add(tag)
  const fields = [...(table?.types ?? [])].sort(([a], [b]) => compareUtf8(a, b))
  return {
    name,
    tags: [...tags].sort(compareUtf8),
    fields: fields.map(([field, type]) => {
      const unit = table?.units.get(field)
      return { name: field, type, ...(unit !== undefined && { unit }) }
    }),
  }
}

/** By tags, one after the other: name, then value. */
function compareTags(a: Tags, b: Tags): number {
  return compareTexts(a.flat(), b.flat()) || a.length - b.length
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareUtf8(a[i] ?? '', b[i] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function windowOf(plan: AggregatePlan, time: bigint): bigint {
  if (plan.window === undefined) return plan.start
  const { origin, width } = plan.window
  const past = (((time - origin) % width) + width) % width
  return time - past
}

function windowBounds(plan: AggregatePlan, time: bigint): { start: bigint; end: bigint } {
  const { start, end, window } = plan
  if (window === undefined) return { start, end }
  const from = windowOf(plan, time)
  const to = from + window.width
  return { start: from > start ? from : start, end: to < end ? to : end }
}

export function passes(tags: Tags, matcher: Matcher): boolean {
  const value = tagValue(tags, matcher.tag)
  switch (matcher.op) {
    case '=':
      return value === matcher.value
    case '!=':
      return value !== matcher.value
    case '=~':
      return matchesWhole(matcher.value, value)
    case '!~':
      return !matchesWhole(matcher.value, value)
    case 'in':
      return matcher.values.includes(value)
    case 'not in':
      return !matcher.values.includes(value)
  }
}

function readerOf(row: StoredRow): (name: string, source: 'field' | 'tag' | 'time') => Value {
  return (name, source) => {
    if (source === 'time') return row.time
    return source === 'tag' ? tagValue(row.tags, name) : (row.fields.get(name) ?? null)
  }
}

function inputStates({ expression, measures }: AggregateInput, cells: readonly (readonly StoredRow[])[]): InputStates {
  if (expression === undefined) return { type: 'i64', count: Float64Array.from(cells, (rows) => rows.length) }
  const type = inputType(expression)
  const present = cells.map((rows) =>
    rows
      .map((row) => ({ time: row.time, value: inputValue(expression, row) }))
      .filter((each): each is Sample => each.value !== null),
  )
  const kept = (pick: (samples: readonly Sample[]) => Value): Column =>
    columnOf(
      '',
      type,
      present.map((samples) => (samples.length === 0 ? null : pick(samples))),
    )
  const times = (at: number): BigInt64Array => BigInt64Array.from(present, (samples) => samples.at(at)?.time ?? 0n)
  const sums = present.map((samples) => exactSum(samples.map(({ value }) => value)))
  const moments = present.map((samples) => plainMoments(samples.map(({ value }) => Number(value))))
  const has = (measure: AggregateInput['measures'][number]): boolean => measures.includes(measure)
  return {
    type,
    count: Float64Array.from(present, (samples) => samples.length),
    ...(has('sum') && {
      sumHigh: Float64Array.from(sums, ([high]) => high),
      sumLow: Float64Array.from(sums, ([, low]) => low),
    }),
    ...(has('min') && { min: kept((samples) => extreme(samples, -1)) }),
    ...(has('max') && { max: kept((samples) => extreme(samples, 1)) }),
    ...(has('first') && { first: kept((samples) => greatestAt(samples, samples[0]?.time)), firstTime: times(0) }),
    ...(has('last') && { last: kept((samples) => greatestAt(samples, samples.at(-1)?.time)), lastTime: times(-1) }),
    ...(has('moments') && {
      mean: Float64Array.from(moments, ([mean]) => mean),
      m2: Float64Array.from(moments, ([, m2]) => m2),
    }),
  }
}

interface Sample {
  time: bigint
  value: Exclude<Value, null>
}

/** What an aggregate takes of a row: an absent tag is missing. */
function inputValue(expression: Expression, row: StoredRow): Value {
  const value = evaluateRow(expression, readerOf(row))
  return expression.kind === 'column' && expression.source === 'tag' && value === '' ? null : value
}

function inputType(expression: Expression): FieldType {
  const type: ColumnType | 'null' = expression.kind === 'match' || expression.kind === 'in' ? 'bool' : expression.type
  if (type === 'time') return 'i64'
  return type === 'null' ? 'f64' : type
}

/** Of the values of one time the greatest, NaN above all others and 0 above -0. */
function greatestAt(samples: readonly Sample[], time: bigint | undefined): Value {
  const values = samples.filter((sample) => sample.time === time).map(({ value }) => value)
  return values.sort((a, b) => compareValues(b, a) || Number(Object.is(a, -0)) - Number(Object.is(b, -0)))[0] ?? null
}

/** The least (-1) or greatest (1) value that is not NaN, or NaN where all are. */
function extreme(samples: readonly Sample[], sign: 1 | -1): Value {
  const numbers = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value))
  return numbers.sort((a, b) => compareValues(b, a) * sign)[0] ?? Number.NaN
}

/** A sum as two doubles: through BigInt for integers, by Neumaier's summation for floats. */
function exactSum(values: readonly Value[]): [high: number, low: number] {
  if (typeof values[0] === 'bigint') {
    const total = values.reduce((sum: bigint, value) => sum + BigInt(String(value)), 0n)
    return [Number(total), Number(total - BigInt(Number(total)))]
  }
  let [high, low] = [0, 0]
  for (const value of values.map(Number)) {
    const sum = high + value
    low += Math.abs(high) >= Math.abs(value) ? high - sum + value : value - sum + high
    high = sum
  }
  return [high, Number.isFinite(high) ? low : 0]
}

/** Mean and sum of squared deviations in two passes. */
function plainMoments(values: readonly number[]): [mean: number, m2: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0)]
}

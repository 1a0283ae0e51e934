import { mergePartials } from '../../aggregate/merge.ts'
import { type Column, emptyValidity, type StringColumn, setValid } from '../../core/batch.ts'
import type { AggregateInput, AggregatePlan, InputStates, PartialAggregate, TableInfo } from '../../core/plan.ts'
import { ROLLUP_MEASURES, ROLLUP_ROWS, type RollupPart, rollupField, rollupTable } from '../../core/rollup.ts'
import { type ColumnRows, TIME_COLUMN } from '../../core/rows.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { HostPort } from '../shard/host-port.ts'
import { ceilTo, floorTo } from './rollup-pieces.ts'
import type { DueWindows } from './rollups.ts'

/** Cells that are computed at a time. */
const MAX_CELLS = 1 << 20

/** Nanoseconds that are read at a time: differences of times are 64-bit integers. */
const MAX_READ = 2n ** 62n

/** What writing windows needs of the store. */
export interface WindowStore {
  /** Absent where the table has no columns yet. */
  table: TableInfo | undefined
  /** Rows before this time are gone, so that windows that begin before it must stay as they are. */
  expiry: bigint | undefined
  hosts: readonly HostPort[]
  append(rows: ColumnRows): Promise<unknown>
}

/** Computes stale windows from the rows of all hosts and writes them, some at a time. Long times without rows are passed over. */
export async function writeWindows({ ranges, width }: DueWindows, store: WindowStore): Promise<void> {
  const { table, expiry, hosts } = store
  if (table === undefined) return
  const statistics = await Promise.all(hosts.map((host) => host.statistics()))
  const series = statistics.reduce((total, one) => total + one.series, 0)
  const cells = BigInt(Math.max(1, Math.floor(MAX_CELLS / Math.max(1, series)))) * width
  const step = cells < MAX_READ ? cells : floorTo(MAX_READ, width)
  for (const { start, end } of ranges) {
    let from = expiry !== undefined && expiry > start ? ceilTo(expiry, width) : start
    for (; from < end; from += step) {
      const first = end - from > step ? await firstTime(table.name, { start: from, end }, hosts) : from
      if (first === undefined) break
      from = floorTo(first, width)
      const range = { start: from, end: from + step < end ? from + step : end }
      const plan = rollupPlan(table, width, range)
      const partials = (await Promise.all(hosts.map((host) => host.aggregate(plan)))).flat()
      if (partials.length === 0) continue
      const rows = rollupRows(table, width, mergePartials(partials.map(({ partial }) => partial)))
      if (rows.time.length > 0) await store.append(rows)
    }
  }
}

/** The time of the first row of a range. */
async function firstTime(table: string, range: TimeRange, hosts: readonly HostPort[]): Promise<bigint | undefined> {
  const time = { kind: 'column', name: TIME_COLUMN, source: 'time', type: 'time' } as const
  const inputs = [{ expression: time, measures: ['min'] }] as const
  const plan: AggregatePlan = { kind: 'aggregate', table, matchers: [], ...range, by: [], inputs }
  const partials = (await Promise.all(hosts.map((host) => host.aggregate(plan)))).flat()
  if (partials.length === 0) return undefined
  const first = mergePartials(partials.map(({ partial }) => partial)).inputs[0]?.min?.values[0]
  return typeof first === 'bigint' ? first : undefined
}

/** Fields that rollups keep: numbers and truth values. Texts are left to the rows. */
function keptFields(table: TableInfo): TableInfo['fields'] {
  return table.fields.filter(({ type }) => type !== 'string')
}

/** What computes the windows of `width` ns of every series of a table. The range ends at windows. */
function rollupPlan(table: TableInfo, width: bigint, range: TimeRange): AggregatePlan {
  const inputs = keptFields(table).map(
    ({ name, type }): AggregateInput => ({
      expression: { kind: 'column', name, source: 'field', type },
      measures: type === 'bool' ? ROLLUP_MEASURES.filter((measure) => measure !== 'sum') : ROLLUP_MEASURES,
    }),
  )
  const { name } = table
  return {
    kind: 'aggregate',
    table: name,
    matchers: [],
    ...range,
    window: { origin: 0n, width },
    by: table.tags,
    inputs,
  }
}

/** The cells of a rollup's plan as its rows. */
function rollupRows(table: TableInfo, width: bigint, partial: PartialAggregate): ColumnRows {
  const { groups, cellGroup, cellWindow, rows, inputs } = partial
  const tags = table.tags.map(
    (name, i): StringColumn => ({
      name,
      type: 'string',
      values: cellGroup,
      dictionary: groups.map((group) => group[i] ?? ''),
    }),
  )
  const fields = keptFields(table).flatMap(({ name }, i) => stateColumns(name, inputs[i] as InputStates))
  const counted: Column = { name: ROLLUP_ROWS, type: 'i64', values: BigInt64Array.from(rows, BigInt) }
  return { table: rollupTable(table.name, width), time: cellWindow, tags, fields: [counted, ...fields] }
}

/** The state of one field, a column for each of its parts; missing in windows without a value of it. */
function stateColumns(field: string, states: InputStates): Column[] {
  const validity = emptyValidity(states.count.length)
  for (let i = 0; i < states.count.length; i++) if ((states.count[i] ?? 0) > 0) setValid(validity, i)
  const columns: Column[] = []
  const put = (part: RollupPart, column: Column | undefined): void => {
    if (column) columns.push({ ...column, name: rollupField(field, part), validity })
  }
  put('count', { name: '', type: 'i64', values: BigInt64Array.from(states.count, BigInt) })
  put('high', doubles(states.sumHigh))
  put('low', doubles(states.sumLow))
  put('min', states.min)
  put('max', states.max)
  put('first', states.first)
  put('firstTime', integers(states.firstTime))
  put('last', states.last)
  put('lastTime', integers(states.lastTime))
  return columns
}

function doubles(values: Float64Array | undefined): Column | undefined {
  return values && { name: '', type: 'f64', values }
}

function integers(values: BigInt64Array | undefined): Column | undefined {
  return values && { name: '', type: 'i64', values }
}

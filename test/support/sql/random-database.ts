import type { FieldType } from '../../../engine/core/batch.ts'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { columnOf, type Value } from '../plain-column.ts'
import type { Dice } from './dice.ts'
import type { SqlType } from './sql-node.ts'

export interface PlainField {
  name: string
  type: FieldType
  means: SqlType
}

export interface PlainRow {
  time: bigint
  tags: Readonly<Record<string, string>>
  fields: Record<string, Value>
}

/** What is done to a table, in order. */
export type TableChange =
  | { kind: 'append'; columns: ColumnRows }
  | { kind: 'delete'; start: bigint; end: bigint; tag?: { name: string; value: string } }

export interface PlainTable {
  name: string
  tags: readonly string[]
  fields: readonly PlainField[]
  changes: readonly TableChange[]
  /** What there is after all changes. */
  rows: readonly PlainRow[]
  /** Times may be where arithmetic with them overflows. */
  isExtreme: boolean
}

export interface PlainDatabase {
  tables: readonly PlainTable[]
  /** When most rows are, of all tables. */
  start: bigint
  stepNs: bigint
  /** Too many rows for each to be paired with each. */
  isBig: boolean
}

const STEPS = [1_000_000_000n, 7_000_000_000n, 60_000_000_000n, 3_600_000_000_000n, 40_000_000_000_000n] as const
const STARTS = [
  1_711_843_200_000_000_000n,
  1_795_338_000_000_000_000n,
  -86_400_000_000_000n,
  -1_234_567_890_123_000n,
  0n,
] as const
const TAG_VALUES = ['a', 'b', 'B', 'web-01', 'é', 'z\u{1f30a}', '\uffee'] as const
const TEXTS = ['', 'a', 'ab', 'abc', 'B', 'x,y', 'aé🌊', ' pad ', '12', 'z\uffee', 'z\u{1f30a}'] as const
const ODD = [
  Number.NaN,
  0,
  -0,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  0.1,
  0.2,
  1e300,
  -1e300,
  2.5,
  1 / 3,
] as const
const WIDE = [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 62n, -(2n ** 62n), 0n, 1n, 2n ** 40n, -7n] as const

/** Rows of a table where there are many: some blocks of each series. */
const MANY_ROWS = 4000

/** Two or three tables with some of all kinds of columns, and rows that come late, twice, and are deleted; once in a while a big one. */
export function randomDatabase(dice: Dice): PlainDatabase {
  const start = dice.pick<bigint>(STARTS)
  const stepNs = dice.pick<bigint>(STEPS)
  const isBig = dice.once(12)
  const place = { start, stepNs, isBig, tables: [] }
  const tables = dice.list(isBig ? 1 : dice.between(2, 3), (k) => randomTable(`m${k}`, dice, place))
  return { tables, start, stepNs, isBig }
}

function randomTable(name: string, dice: Dice, { start, stepNs, isBig }: PlainDatabase): PlainTable {
  const tags = ['ka', 'kb', 'kc'].slice(0, dice.between(0, 3))
  const kinds: PlainField[] = [
    { name: 'x1', type: 'f64', means: 'exact' },
    { name: 'j1', type: 'i64', means: 'small' },
    { name: 's1', type: 'string', means: 'text' },
    { name: 'b1', type: 'bool', means: 'bool' },
    { name: 'o1', type: 'f64', means: 'odd' },
    { name: 'w1', type: 'i64', means: 'wide' },
    { name: 'j2', type: 'i64', means: 'small' },
    { name: 'x2', type: 'f64', means: 'exact' },
  ]
  const fields = [...kinds.slice(0, 2), ...dice.some(kinds.slice(2))]
  const isExtreme = dice.once(8)
  const rows = new Map<string, PlainRow>()
  const changes: TableChange[] = []
  const used = new Set<string>()
  const series = dice.list(dice.between(1, isBig ? 2 : 6), () => {
    return Object.fromEntries(tags.flatMap((tag) => (dice.once(5) ? [] : [[tag, dice.pick(TAG_VALUES)]])))
  })
  const spread = isBig ? MANY_ROWS : dice.pick([5, 20, 60])
  const timeOf = (): bigint => {
    if (isExtreme && dice.once(6)) return dice.pick([-(2n ** 63n), 2n ** 63n - 2n, -(2n ** 63n) + 1n, 0n, -1n])
    return start + BigInt(dice.below(spread)) * stepNs
  }
  for (let k = dice.between(1, 4); k > 0; k--) {
    const batch = dice.list(
      isBig ? dice.between(1, MANY_ROWS) : dice.between(1, dice.pick([3, 20, 60])),
      (): PlainRow => {
        const values = fields.map(({ name, means }) => [name, dice.once(6) ? null : randomValue(means, dice)])
        return { time: timeOf(), tags: dice.pick(series), fields: Object.fromEntries(values) }
      },
    )
    changes.push({ kind: 'append', columns: columnsOf(name, { tags, fields }, batch) })
    for (const row of batch) {
      store(rows, row)
      for (const tag of Object.keys(row.tags)) used.add(tag)
    }
    if (dice.once(4))
      changes.push(
        deletion(rows, { dice, tags, time: timeOf(), width: stepNs * BigInt(dice.between(1, isBig ? 300 : 4)) }),
      )
  }
  // A tag that is empty in all rows is none.
  return { name, tags: tags.filter((tag) => used.has(tag)), fields, changes, rows: [...rows.values()], isExtreme }
}

export function randomValue(means: SqlType, dice: Dice): Value {
  switch (means) {
    case 'exact':
      return dice.between(-4000, 4000) / 4
    case 'odd':
      return dice.once(2) ? dice.pick(ODD) : dice.between(-1_000_000, 1_000_000) / 997
    case 'small':
      return BigInt(dice.once(3) ? dice.between(-1000, 1000) : dice.between(-4, 4))
    case 'wide':
      return dice.pick<bigint>(WIDE)
    case 'bool':
      return dice.once(2)
    default:
      return dice.pick(TEXTS)
  }
}

function keyOf(row: PlainRow): string {
  return JSON.stringify([String(row.time), Object.entries(row.tags).sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** A value that is missing replaces none. */
function store(rows: Map<string, PlainRow>, { time, tags, fields }: PlainRow): void {
  const present = Object.entries(fields).filter(([, value]) => value !== null)
  const known = rows.get(keyOf({ time, tags, fields }))
  if (known) Object.assign(known.fields, Object.fromEntries(present))
  else rows.set(keyOf({ time, tags, fields }), { time, tags, fields: Object.fromEntries(present) })
}

interface Deletion {
  dice: Dice
  tags: readonly string[]
  time: bigint
  width: bigint
}

function deletion(rows: Map<string, PlainRow>, { dice, tags, time, width }: Deletion): TableChange {
  const end = time > 2n ** 63n - 1n - width ? 2n ** 63n - 1n : time + width
  const tag = tags.length > 0 && dice.once(2) ? { name: dice.pick(tags), value: dice.pick(TAG_VALUES) } : undefined
  for (const [key, row] of rows) {
    const meant = tag === undefined || row.tags[tag.name] === tag.value
    if (meant && row.time >= time && row.time < end) rows.delete(key)
  }
  return { kind: 'delete', start: time, end, ...(tag && { tag }) }
}

function columnsOf(
  table: string,
  { tags, fields }: Pick<PlainTable, 'tags' | 'fields'>,
  rows: readonly PlainRow[],
): ColumnRows {
  const tagColumns = tags.map((tag) => {
    const column = columnOf(
      tag,
      'string',
      rows.map((row) => row.tags[tag] ?? ''),
    )
    if (column.type !== 'string') throw new Error('a tag is a column of strings')
    return column
  })
  const fieldColumns = fields.map(({ name, type }) =>
    columnOf(
      name,
      type,
      rows.map((row) => row.fields[name] ?? null),
    ),
  )
  return { table, time: BigInt64Array.from(rows, ({ time }) => time), tags: tagColumns, fields: fieldColumns }
}

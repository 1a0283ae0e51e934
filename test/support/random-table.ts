import type { ColumnRows } from '../../engine/core/rows.ts'
import { canonicalTags } from '../../engine/core/series.ts'
import { columnOf, type Value } from './plain-column.ts'
import type { FixtureRow } from './table-fixture.ts'

export const FIELDS = { level: 'f64', odd: 'f64', count: 'i64', ends: 'i64', up: 'bool', text: 'string' } as const
export type FieldName = keyof typeof FIELDS

const NAMES = Object.keys(FIELDS) as FieldName[] // the keys of the constant above
const ODD = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 0.1, -1e308]
const ENDS = [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n, 2n ** 53n + 1n]
const TEXTS = ['', 'a', 'b', 'ünïcode', '\u{1f600}', '\uffee']
const TAGS = [{}, { host: 'a' }, { host: 'bb' }, { host: 'b', region: 'eu' }, { region: 'us' }, { host: '\u{1f600}' }]

export const START = 1_700_000_000_000_000_000n
const STEP = 1_000_000_000n

/** Rows of one append, in the two forms that the engine and the reference take. */
export interface RandomBatch {
  columns: ColumnRows
  rows: FixtureRow[]
}

/** Rows of a few series in random order, with duplicates, late rows, missing values and odd values, all from one generator. */
export function randomBatch(next: () => number, rows: number, spread: number): RandomBatch {
  const pick = <T>(choices: readonly T[]): T => choices[next() % choices.length] as T
  const named = NAMES.filter(() => next() % 4 !== 0)
  const fields = named.length === 0 ? NAMES : named
  const isSorted = next() % 2 === 0
  const base = next() % spread
  const list = Array.from({ length: rows }, (_, i): FixtureRow => {
    const at = isSorted ? base + i : next() % spread
    const values = fields.map((name): [string, Value] => [
      name,
      next() % 5 === 0 ? null : randomValue(name, next, pick),
    ])
    return { time: START + BigInt(at) * STEP, tags: pick(TAGS), fields: Object.fromEntries(values) }
  })
  return { columns: columnsOf(list, fields), rows: list.map(withoutMissing) }
}

function randomValue(name: FieldName, next: () => number, pick: <T>(choices: readonly T[]) => T): Value {
  switch (name) {
    case 'level':
      return ((next() % 200_000) - 100_000) / 100
    case 'odd':
      return pick(ODD)
    case 'count':
      return BigInt(next() % 2_000_000) - 1_000_000n
    case 'ends':
      return pick(ENDS)
    case 'up':
      return next() % 2 === 0
    case 'text':
      return pick(TEXTS)
  }
}

/** Rows as columns. */
export function columnsOf(rows: readonly FixtureRow[], fields: readonly FieldName[]): ColumnRows {
  const tagNames = [...new Set(rows.flatMap(({ tags }) => Object.keys(tags ?? {})))]
  return {
    table: 't',
    time: BigInt64Array.from(rows, ({ time }) => time),
    tags: tagNames.map((name) => {
      const column = columnOf(
        name,
        'string',
        rows.map(({ tags }) => tags?.[name] ?? ''),
      )
      if (column.type !== 'string') throw new Error('a tag is a column of strings')
      return column
    }),
    fields: fields.map((name) =>
      columnOf(
        name,
        FIELDS[name],
        rows.map((row) => row.fields[name] ?? null),
      ),
    ),
  }
}

/** A missing value does not replace one. */
function withoutMissing({ time, tags, fields }: FixtureRow): FixtureRow {
  const present = Object.entries(fields).filter(([, value]) => value !== null)
  return {
    time,
    tags: Object.fromEntries(canonicalTags(Object.entries(tags ?? {}))),
    fields: Object.fromEntries(present),
  }
}

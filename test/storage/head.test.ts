import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { isValid, valueAt } from '../../engine/core/batch.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeColumn, decodeTimes } from '../../engine/scan/merge-groups.ts'
import type { RowGroup } from '../../engine/scan/row-group.ts'
import { Head } from '../../engine/storage/head.ts'
import { generator } from '../support/block-shapes.ts'
import { columnOf, type Value } from '../support/plain-column.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const FIELDS = { load: 'f64', jobs: 'i64', up: 'bool', note: 'string' } as const
type FieldName = keyof typeof FIELDS
const NAMES = Object.keys(FIELDS) as FieldName[]

interface PlainRow {
  series: number
  time: bigint
  fields: Partial<Record<FieldName, Value>>
}

/** Appends rows as one batch; a field that none of them has is not a column of it. */
function append(head: Head, table: string, rows: readonly PlainRow[]): void {
  const named = NAMES.filter((name) => rows.some(({ fields }) => fields[name] !== undefined))
  head.append({
    table,
    series: Uint32Array.from(rows, ({ series }) => series),
    time: BigInt64Array.from(rows, ({ time }) => time),
    fields: named.map((name) =>
      columnOf(
        name,
        FIELDS[name],
        rows.map(({ fields }) => fields[name] ?? null),
      ),
    ),
  })
}

type PlainSeries = Map<bigint, Map<string, Value>>

/** Later rows win, field by field. */
function plainSeries(rows: readonly PlainRow[], series: number): PlainSeries {
  const plain: PlainSeries = new Map()
  for (const row of rows) {
    if (row.series !== series) continue
    const fields = plain.get(row.time) ?? new Map<string, Value>()
    for (const [name, value] of Object.entries(row.fields)) fields.set(name, value)
    plain.set(row.time, fields)
  }
  return plain
}

function readSeries(groups: readonly RowGroup[], names: readonly FieldName[]): PlainSeries {
  const read: PlainSeries = new Map()
  for (const group of groups) {
    const times = decodeTimes(group, kernel)
    expect(times.every((time, row) => row === 0 || time > (times[row - 1] as bigint))).toBe(true)
    for (const time of times) if (!read.has(time)) read.set(time, new Map())
    for (const name of names) {
      const field = group.field(name)
      const column = field && decodeColumn(field, name, kernel)
      if (column === undefined) continue
      expect(column.type).toBe(FIELDS[name])
      times.forEach((time, row) => {
        if (isValid(column.validity, row)) read.get(time)?.set(name, valueAt(column, row))
      })
    }
  }
  return read
}

const NOTES = ['', 'a', 'ä𝄞', 'a long text that is not like the others']

/** Batches of rows of few series: some of a series after the other, some in turn, some out of order. */
function randomBatches(seed: number, rowsAtMost: number): PlainRow[][] {
  const random = generator(seed)
  const below = (limit: number): number => random() % limit
  const batches: PlainRow[][] = []
  // Chunks of tables without strings are encoded in another way.
  const hasNotes = below(2) === 0
  for (let left = 6; left > 0; left--) {
    const seriesCount = 1 + below(4)
    const inTurn = below(2) === 0
    const count = 1 + below(rowsAtMost)
    const jitter = [0, 0, 5][below(3)] ?? 0
    const dense = below(2) === 0
    batches.push(
      Array.from({ length: count }, (_, i) => {
        const fields: PlainRow['fields'] = {}
        if (dense || below(3) === 0) fields.load = [NaN, -0, Infinity, 1.5, 1e300][below(5)] ?? 0
        if (dense || below(9) === 0) fields.jobs = BigInt.asIntN(64, BigInt(below(2 ** 31)) << BigInt(below(34)))
        if (below(3) > 0) fields.up = below(2) === 1
        if (hasNotes && below(7) > 0) fields.note = NOTES[below(NOTES.length)] ?? ''
        const series = inTurn ? i % seriesCount : Math.floor((i * seriesCount) / count)
        return { series: 3 * series, time: BigInt(batches.length * 100_000 + i + below(1 + jitter)), fields }
      }),
    )
  }
  return batches
}

test('gives back the rows of each series, whatever the batches, sealed at any time, read at any time', () => {
  const shape = fc.tuple(fc.nat(), fc.constantFrom(3, 40, 3000), fc.constantFrom('never', 'some', 'all'))
  fc.assert(
    fc.property(shape, ([seed, rowsAtMost, sealing]) => {
      const head = new Head(kernel)
      const rows: PlainRow[] = []
      for (const batch of randomBatches(seed, rowsAtMost)) {
        append(head, 'air', batch)
        rows.push(...batch)
        if (sealing !== 'never') head.seal(() => sealing === 'some')
        for (const series of new Set(rows.map(({ series }) => series))) {
          for (const names of [NAMES, ['jobs'] as const, []]) {
            const expected = plainSeries(rows, series)
            for (const fields of expected.values())
              for (const name of NAMES) if (!names.includes(name as never)) fields.delete(name)
            expect(readSeries(head.groups(series, names), names)).toEqual(expected)
          }
        }
      }
      expect(head.rows).toBe(rows.length)
      expect([...head.refs]).toEqual([...new Set(rows.map(({ series }) => series))])
      for (const ref of head.refs) {
        const times = rows.filter(({ series }) => series === ref).map(({ time }) => time)
        const [start, end] = times.reduce(
          ([least, most], time) => [time < least ? time : least, time > most ? time : most],
          [times[0] as bigint, times[0] as bigint],
        )
        expect(head.bounds(Uint32Array.of(ref, 1))).toEqual({ start, end })
      }
    }),
    { numRuns: 40 },
  )
})

const row = (series: number, time: number, jobs: bigint): PlainRow => ({ series, time: BigInt(time), fields: { jobs } })

test('what was read stays as it was when rows are added, chunks are sealed and memory grows', () => {
  const head = new Head(kernel)
  append(
    head,
    'air',
    Array.from({ length: 20 }, (_, i) => row(0, i, BigInt(i))),
  )
  const groups = head.groups(0, ['jobs'])
  for (let batch = 1; batch < 50; batch++) {
    append(
      head,
      'air',
      Array.from({ length: 5000 }, (_, i) => row(i % 7, batch * 5000 + i, -1n)),
    )
    head.seal(() => false)
  }
  const jobs = groups[0]?.field('jobs')
  expect(groups.map(({ rows }) => rows)).toEqual([20])
  expect(jobs && 'values' in jobs && jobs.values).toEqual(BigInt64Array.from({ length: 20 }, (_, i) => BigInt(i)))
})

test('rows that rise behind deleted ones that did not stay as they were read when memory grows', () => {
  const head = new Head(kernel)
  append(head, 'air', [row(0, 5, 1n), row(0, 3, 2n)])
  head.delete([0], { start: 0n, end: 9n })
  append(head, 'air', [row(0, 10, 3n), row(0, 11, 4n)])
  const expected = new Map([
    [10n, new Map([['jobs', 3n]])],
    [11n, new Map([['jobs', 4n]])],
  ])
  const groups = head.groups(0, ['jobs'])
  expect(readSeries(groups, ['jobs'])).toEqual(expected)
  append(
    head,
    'air',
    Array.from({ length: 300_000 }, (_, i) => row(1 + (i % 500), i, -1n)),
  )
  expect(readSeries(groups, ['jobs'])).toEqual(expected)
  expect(readSeries(head.groups(0, ['jobs']), ['jobs'])).toEqual(expected)
})

test('seals at exactly 1024 rows', () => {
  const head = new Head(kernel)
  const encoded = (): boolean[] =>
    head.groups(0, ['jobs']).map((group) => {
      const jobs = group.field('jobs')
      return jobs !== undefined && 'payload' in jobs
    })
  append(
    head,
    'air',
    Array.from({ length: 1023 }, (_, i) => row(0, i, 7n)),
  )
  head.seal(() => false)
  expect(encoded()).toEqual([false])
  append(head, 'air', [row(0, 1023, 7n)])
  head.seal(() => false)
  expect(encoded()).toEqual([true])
  append(head, 'air', [row(0, 1024, 7n)])
  expect(encoded()).toEqual([true, false])
})

test('more than 256 full chunks are sealed whatever the time, so that plain rows stay few', () => {
  const head = new Head(kernel)
  for (let from = 0; from < 400; from++) {
    append(
      head,
      'air',
      Array.from({ length: 1024 }, (_, i) => row(from % 3, from * 1024 + i, 7n)),
    )
  }
  head.seal(() => true)
  const plain = [0, 1, 2].flatMap((ref) =>
    head.groups(ref, ['jobs']).filter((group) => {
      const jobs = group.field('jobs')
      return jobs !== undefined && 'values' in jobs
    }),
  )
  expect(plain).toHaveLength(256)
})

test('tables of one head have fields of one name with types of their own', () => {
  const head = new Head(kernel)
  const time = BigInt64Array.of(1n)
  head.append({ table: 'a', series: Uint32Array.of(0), time, fields: [columnOf('x', 'bool', [true])] })
  head.append({ table: 'b', series: Uint32Array.of(1), time, fields: [columnOf('x', 'string', ['yes'])] })
  expect(head.fieldsOf(0)).toEqual(['x'])
  const types = [0, 1].map((ref) => {
    const x = head.groups(ref, ['x'])[0]?.field('x')
    return x && 'type' in x ? x.type : undefined
  })
  expect(types).toEqual(['bool', 'string'])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StringColumn } from '../../../engine/core/batch.ts'
import type { Tags } from '../../../engine/core/series.ts'
import { resolveColumns } from '../../../engine/worker/write/column-rows.ts'
import { generator } from '../../support/block-shapes.ts'
import { columnOf } from '../../support/plain-column.ts'

/** What a row's tags are: those that are there and not empty, by name. */
function plainTags(names: readonly string[], row: readonly (string | null)[]): Tags {
  const pairs = names.map((name, i): [string, string | null | undefined] => [name, row[i]])
  return pairs
    .filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== undefined && pair[1] !== '')
    .sort()
}

function resolved(names: readonly string[], rows: readonly (readonly (string | null)[])[]): Tags[] {
  const tags = names.map((name, i) =>
    columnOf(
      name,
      'string',
      rows.map((row) => row[i] ?? null),
    ),
  ) as StringColumn[]
  const time = new BigInt64Array(rows.length)
  const { distinct, series } = resolveColumns({ table: 'air', time, tags, fields: [] })
  return Array.from(series, (number) => distinct[number]?.tags ?? [])
}

const text = fc.option(fc.constantFrom('', 'a', 'b', 'c'), { nil: null })
const tags = fc.tuple(fc.uniqueArray(fc.constantFrom('host', 'rack', 'zone'), { minLength: 0 }))

test('every row has the series of its tags, whatever order the rows come in', () => {
  fc.assert(
    fc.property(tags, fc.array(fc.tuple(text, text, text), { maxLength: 300 }), ([names], rows) => {
      expect(resolved(names, rows)).toEqual(rows.map((row) => plainTags(names, row)))
    }),
  )
})

test('thousands of series in turn and at random are told apart', () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => {
    const host = i < 15_000 ? i % 5000 : Math.imul(i, 0x9e3779b1) >>> 20
    return [`h${host}`, `r${host % 7}`]
  })
  const names = ['host', 'rack']
  expect(resolved(names, rows)).toEqual(rows.map((row) => plainTags(names, row)))
})

test('series that come in turn, in runs, in turns that change, and at random between are told apart', () => {
  const turn = fc.record({
    kind: fc.constantFrom('turn', 'run', 'random'),
    series: fc.integer({ min: 1, max: 60 }),
    rows: fc.nat(400),
  })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 8 }), fc.nat(), (turns, seed) => {
      const next = generator(seed)
      const rows = turns.flatMap(({ kind, series, rows }) =>
        Array.from({ length: rows }, (_, i) => {
          const host = kind === 'turn' ? i % series : kind === 'run' ? Math.floor((i * series) / rows) : next() % series
          return [`h${host % 7}`, `r${host}`, host % 3 === 0 ? null : 'z']
        }),
      )
      const names = ['host', 'rack', 'zone']
      expect(resolved(names, rows)).toEqual(rows.map((row) => plainTags(names, row)))
    }),
  )
})

test('a code without a text is refused, with its row', () => {
  const host: StringColumn = { name: 'host', type: 'string', values: Uint32Array.of(0, 2, 1), dictionary: ['a', 'b'] }
  const rows = { table: 'air', time: new BigInt64Array(3), fields: [], tags: [host] }
  expect(() => resolveColumns(rows)).toThrow(/column 'host' has 2 in row 1, expected a code below 2/)
  expect(() => resolveColumns({ ...rows, tags: [{ ...host, validity: Uint8Array.of(0b101) }] })).not.toThrow()
})

import { tableFromIPC as readWithFlechette } from '@uwdata/flechette'
import { tableFromIPC as readWithArrow } from 'apache-arrow'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch, Column, ColumnType } from '../../../engine/core/batch.ts'
import { toArrowStream } from '../../../engine/query/formats/arrow.ts'
import type { QueryResult } from '../../../engine/query/run/result.ts'

type Cell = bigint | number | boolean | string | null

/** Both readers decode texts by `TextDecoder`, which takes U+FEFF at the start of one for a mark and drops it. */
const withoutMark = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> => texts.filter((text) => !/^\ufeff/.test(text))

const cellOf: Readonly<Record<ColumnType, fc.Arbitrary<Cell>>> = {
  time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f64: fc.double(),
  bool: fc.boolean(),
  string: fc.oneof(fc.string(), withoutMark(fc.string({ unit: 'binary' })), fc.constantFrom('', 'é', '\u{1f30a}')),
}

interface PlainColumn {
  name: string
  type: ColumnType
  unit: string | undefined
  /** Rows of each batch. */
  batches: Cell[][]
}

const plainColumns: fc.Arbitrary<PlainColumn[]> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 3 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rows, columns]) =>
    fc.array(
      fc.constantFrom<ColumnType>('time', 'i64', 'f64', 'bool', 'string').chain((type) =>
        fc.record({
          name: withoutMark(fc.string({ unit: 'grapheme' })),
          type: fc.constant(type),
          unit: fc.option(fc.string(), { nil: undefined }),
          batches: fc.tuple(
            ...rows.map((length) =>
              fc.array(fc.option(cellOf[type], { freq: 4 }), { minLength: length, maxLength: length }),
            ),
          ),
        }),
      ),
      { minLength: columns, maxLength: columns },
    ),
  )

/** A column of the engine, laid out from plain values. */
function columnOf({ name, type, unit }: PlainColumn, cells: readonly Cell[]): Column {
  const validity = new Uint8Array(Math.ceil(cells.length / 8))
  for (const [row, cell] of cells.entries())
    if (cell !== null) validity[row >> 3] = (validity[row >> 3] ?? 0) | (1 << (row & 7))
  const named = { name, ...(unit !== undefined && { unit }), ...(cells.includes(null) && { validity }) }
  if (type === 'f64') return { ...named, type, values: Float64Array.from(cells, (cell) => Number(cell ?? 0)) }
  if (type === 'bool') return { ...named, type, values: Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0)) }
  if (type === 'string') {
    const dictionary = [...new Set(cells.filter((cell) => typeof cell === 'string'))]
    return {
      ...named,
      type,
      values: Uint32Array.from(cells, (cell) => Math.max(0, dictionary.indexOf(String(cell)))),
      dictionary,
    }
  }
  return { ...named, type, values: BigInt64Array.from(cells, (cell) => (typeof cell === 'bigint' ? cell : 0n)) }
}

function resultOf(plain: readonly PlainColumn[]): QueryResult {
  const batches = (plain[0]?.batches ?? []).map(
    ({ length: rows }, at): Batch => ({
      rows,
      columns: plain.map((column) => columnOf(column, column.batches[at] ?? [])),
    }),
  )
  const columns = plain.map(({ name, type, unit }) => ({ name, type, ...(unit !== undefined && { unit }) }))
  return {
    columns,
    keys: [],
    batches: (async function* () {
      yield* batches
    })(),
  }
}

async function bytesOf(result: QueryResult): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of toArrowStream(result)) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

/** What a reader of Arrow has for a cell: texts pass through UTF-8, in which halves of characters have no form. */
function wellFormed(cell: Cell): Cell {
  return typeof cell === 'string' ? cell.toWellFormed() : cell
}

test('whatever columns an answer has, two readers of Arrow have its names, units and values', async () => {
  await fc.assert(
    fc.asyncProperty(plainColumns, async (drawn) => {
      // apache-arrow takes columns of one name for one.
      const plain = drawn.map((column, at) => ({ ...column, name: `${column.name}${at}` }))
      const bytes = await bytesOf(resultOf(plain))
      const arrow = readWithArrow(bytes)
      const flechette = readWithFlechette(bytes, { useBigInt: true, useBigIntTimestamp: true })
      expect(arrow.schema.fields.map(({ name }) => name)).toEqual(plain.map(({ name }) => name))
      for (const [at, { type, unit, batches }] of plain.entries()) {
        expect(arrow.schema.fields[at]?.metadata.get('unit')).toBe(unit)
        expect(flechette.schema.fields[at]?.metadata?.get('unit')).toBe(unit)
        const cells = batches.flat().map(wellFormed)
        expect([...flechette.getChildAt(at).toArray()]).toEqual(cells)
        const read = arrow.batches.flatMap((batch) => {
          const child = batch.getChildAt(at)
          // It gives times as milliseconds; their nanoseconds are in what it holds.
          const values = child?.data[0]?.values
          return Array.from({ length: batch.numRows }, (_, row) =>
            type === 'time' && child?.get(row) !== null ? values[row] : child?.get(row),
          )
        })
        expect(read).toEqual(cells)
      }
    }),
    { numRuns: 300 },
  )
})

test('halves of a character in neighbouring texts of a dictionary do not become one', async () => {
  const halves = ['a\ud83c', '\udf0a', 'b']
  const bytes = await bytesOf(resultOf([{ name: 's', type: 'string', unit: undefined, batches: [halves] }]))
  expect([...readWithFlechette(bytes).getChildAt(0).toArray()]).toEqual(['a\ufffd', '\ufffd', 'b'])
})

test('a dictionary goes once for all batches that share it, and every buffer begins at a multiple of 8 bytes', async () => {
  const dictionary = ['host_0', 'host_1']
  const batches = [Uint32Array.of(0, 1, 1), Uint32Array.of(1)].map(
    (values): Batch => ({ rows: values.length, columns: [{ name: 's', type: 'string', values, dictionary }] }),
  )
  const result = (parts: readonly Batch[]): QueryResult => ({
    columns: [{ name: 's', type: 'string' }],
    keys: [],
    batches: (async function* () {
      yield* parts
    })(),
  })
  const bytes = await bytesOf(result(batches))
  expect([...readWithFlechette(bytes).getChildAt(0).toArray()]).toEqual(['host_0', 'host_1', 'host_1', 'host_1'])
  expect(Buffer.from(bytes).indexOf('host_0host_1')).toBe(Buffer.from(bytes).lastIndexOf('host_0host_1'))
  expect(Buffer.from(bytes).indexOf('host_0host_1') % 8).toBe(0)
  expect(bytes.length % 8).toBe(0)
})

test('names and units of every length leave messages at multiples of 8 bytes', async () => {
  for (let length = 0; length < 1500; length++) {
    const name = 'x'.repeat(length)
    const bytes = await bytesOf(resultOf([{ name, type: 'f64', unit: name, batches: [[1.5]] }]))
    expect(bytes.length % 8, `${length}`).toBe(0)
    const { schema } = readWithFlechette(bytes)
    expect([schema.fields[0]?.name, schema.fields[0]?.metadata?.get('unit')]).toEqual([name, name])
  }
})

test('large columns go in the memory of their batch, among small ones, and two readers have their values', async () => {
  const rows = 40_001
  const numbers = Float64Array.from({ length: rows }, (_, row) => row / 3)
  const codes = Uint32Array.from({ length: rows }, (_, row) => row % 2)
  const flags = Uint8Array.from({ length: rows }, (_, row) => (row % 3) & 1)
  const validity = new Uint8Array((rows + 7) >> 3).fill(0b01010101)
  const last = Float64Array.from({ length: rows }, (_, row) => -row)
  const columns: Column[] = [
    { name: 'flag', type: 'bool', values: flags },
    { name: 'number', type: 'f64', values: numbers, validity },
    { name: 'code', type: 'string', values: codes, dictionary: ['even', 'odd'] },
    { name: 'again', type: 'f64', values: numbers },
    { name: 'last', type: 'f64', values: last },
  ]
  const batch: Batch = { rows, columns }
  const result: QueryResult = {
    columns: columns.map(({ name, type }) => ({ name, type })),
    keys: [],
    batches: (async function* () {
      yield batch
    })(),
  }
  const pieces: Uint8Array[] = []
  for await (const piece of toArrowStream(result)) pieces.push(piece)
  for (const values of [numbers, codes, last]) expect(pieces.some(({ buffer }) => buffer === values.buffer)).toBe(true)
  const bytes = new Uint8Array(Buffer.concat(pieces))
  const arrow = readWithArrow(bytes)
  const flechette = readWithFlechette(bytes)
  for (const row of [0, 1, 2, 20_000, rows - 2, rows - 1]) {
    const wanted = [flags[row] === 1, row % 2 === 0 ? row / 3 : null, row % 2 ? 'odd' : 'even', row / 3, last[row]]
    expect(columns.map((_, at) => arrow.getChildAt(at)?.get(row))).toEqual(wanted)
    expect(columns.map((_, at) => flechette.getChildAt(at).at(row))).toEqual(wanted)
  }
})

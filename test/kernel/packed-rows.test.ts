import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Column, valueAt } from '../../engine/core/batch.ts'
import type { TableRows } from '../../engine/core/rows.ts'
import { gatherRows, packRows } from '../../engine/kernel/packed-rows.ts'
import { RowBuffers } from '../../engine/kernel/row-buffers.ts'

/** A signalling NaN with a payload: a copy through a number could change it. */
const NAN_BITS = 0x7ff4_0000_dead_beefn

function rowsOf(count: number): TableRows {
  const bits = BigInt64Array.from({ length: count }, (_, i) => (i % 3 === 0 ? NAN_BITS : BigInt(i) << 40n))
  const validity = Uint8Array.from({ length: (count + 7) >> 3 }, (_, i) => 0x5a ^ i)
  const fields: Column[] = [
    { name: 'f', type: 'f64', values: new Float64Array(bits.buffer) },
    { name: 'i', type: 'i64', values: BigInt64Array.from({ length: count }, (_, i) => -BigInt(i)), validity },
    { name: 'b', type: 'bool', values: Uint8Array.from({ length: count }, (_, i) => i & 1) },
    {
      name: 's',
      type: 'string',
      values: Uint32Array.from({ length: count }, (_, i) => i % 2),
      dictionary: ['x', 'y'],
      validity,
    },
  ]
  return {
    table: 't',
    series: Uint32Array.from({ length: count }, (_, i) => 7 * i),
    time: BigInt64Array.from({ length: count }, (_, i) => BigInt(i) - (1n << 62n)),
    fields,
  }
}

/** Rows as plain values; floats by their bits. */
function plain({ series, time, fields }: TableRows): unknown[] {
  return Array.from(series, (number, row) => [
    number,
    time[row],
    ...fields.map((column) => {
      if (column.type !== 'f64') return valueAt(column, row)
      const { buffer, byteOffset } = column.values
      return new DataView(buffer, byteOffset + 8 * row).getBigUint64(0, true)
    }),
  ])
}

function liesIn({ series, time, fields }: TableRows, memory: ArrayBufferLike): boolean {
  const arrays = [series, time, ...fields.flatMap(({ values, validity }) => [values, ...(validity ? [validity] : [])])]
  return arrays.every(({ buffer }) => buffer === memory)
}

test('packed rows are the same, bit for bit, in one buffer', () => {
  const buffers = new RowBuffers()
  for (const count of [0, 1, 7, 8, 1000]) {
    const packed = packRows(rowsOf(count), buffers)
    expect(plain(packed)).toEqual(plain(rowsOf(count)))
    expect(liesIn(packed, packed.memory)).toBe(true)
  }
})

test('gathered rows are those at the places, also in memory that was used before', () => {
  const buffers = new RowBuffers()
  const rows = rowsOf(2000)
  const expected = plain(rows)
  fc.assert(
    fc.property(fc.array(fc.nat(1999), { maxLength: 2500 }), (places) => {
      const gathered = gatherRows(rows, Uint32Array.from(places), buffers)
      expect(plain(gathered)).toEqual(places.map((place) => expected[place]))
      expect(liesIn(gathered, gathered.memory)).toBe(true)
      new Uint8Array(gathered.memory).fill(0xff)
      buffers.give(gathered.memory)
    }),
    { numRuns: 30 },
  )
})

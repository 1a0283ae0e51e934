import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { TableGroups, TableRows } from '../../engine/core/rows.ts'
import { GroupEncoder } from '../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { noKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeRecord, encodeRecord, type RowsRecord } from '../../engine/storage/record.ts'
import { rowsInTurn } from '../support/grouped-rows.ts'
import { plainRecord } from '../support/record-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const NO_SERIES = { numbers: new Uint32Array(0), keys: noKeys }
const PRODUCER = { id: 'p', sequence: 7n, time: 5n }

function grouped(counts: readonly number[]): TableGroups {
  const groups = new GroupEncoder(kernel).encode([rowsInTurn(counts)], counts.length)
  if (groups === undefined) throw new Error('the rows were left as they are')
  return groups
}

/** Rows of series in turn, one series after the other. */
function sorted(counts: readonly number[]): TableRows {
  const { table, series, time, fields } = rowsInTurn(counts)
  const order = Uint32Array.from(
    [...series.keys()].sort((a, b) => (series[a] as number) - (series[b] as number) || a - b),
  )
  return {
    table,
    series: series.map((_, i) => series[order[i] as number] as number),
    time: time.map((_, i) => time[order[i] as number] as bigint),
    fields: fields.map((column) => {
      if (column.type === 'f64')
        return { ...column, values: column.values.map((_, i) => column.values[order[i] as number] as number) }
      if (column.type === 'i64')
        return { ...column, values: column.values.map((_, i) => column.values[order[i] as number] as bigint) }
      throw new Error('there are floats and integers')
    }),
  }
}

test.each([undefined, PRODUCER])('groups come back as rows, before the rows of the record: %o', (producer) => {
  const counts = [150, 1300, 0, 128]
  const rest = rowsInTurn([3, 2], 5)
  const record: RowsRecord = {
    newSeries: NO_SERIES,
    groups: [grouped(counts), grouped([128])],
    tables: [rest],
    ...(producer && { producer }),
  }
  const expected: RowsRecord = {
    newSeries: NO_SERIES,
    tables: [sorted(counts), sorted([128]), rest],
    ...(producer && { producer }),
  }
  expect(plainRecord(decodeRecord(encodeRecord(record, kernel), kernel))).toEqual(plainRecord(expected))
})

/** Whether the record is refused with an error of the right kind; any other error is thrown on. */
function isRefused(bytes: Uint8Array): boolean {
  try {
    decodeRecord(bytes, kernel)
    return false
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
}

test('groups that are cut at any byte are refused', () => {
  const bytes = encodeRecord({ newSeries: NO_SERIES, groups: [grouped([130, 129])], tables: [] }, kernel)
  for (let length = 0; length < bytes.length; length++) expect(isRefused(bytes.slice(0, length))).toBe(true)
  expect(isRefused(Uint8Array.of(...bytes, 0))).toBe(true)
})

test('groups with any bit flipped never trap or hang, and never give more rows than their blocks can have', () => {
  const bytes = encodeRecord({ newSeries: NO_SERIES, groups: [grouped([130, 129])], tables: [] }, kernel)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = bytes.slice()
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    if (isRefused(copy)) continue
    const rows = decodeRecord(copy, kernel).tables.reduce((total, { time }) => total + time.length, 0)
    expect(rows).toBeLessThanOrEqual(1024 * 2)
  }
})

test.each(['groups', 'producer-groups'])('a record that was written first with groups stays readable: %s', (name) => {
  const folder = new URL('../golden/record/v1-groups/', import.meta.url)
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.record`, folder)))
  const expected: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
  expect(plainRecord(decodeRecord(bytes, kernel))).toEqual(expected)
})

import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { emptyValidity, valueAt } from '../../engine/core/batch.ts'
import { sliceRows, type TableGroups, type TableRows } from '../../engine/core/rows.ts'
import { GroupEncoder, LEAST_GROUP_ROWS, MOST_GROUPED_ROWS } from '../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeColumn, decodeTimes } from '../../engine/scan/merge-groups.ts'
import { encodedGroups, selectGroups, spanOfGroups } from '../../engine/storage/table-groups.ts'
import { rowsInTurn } from '../support/grouped-rows.ts'

let kernel: Kernel
let encoder: GroupEncoder
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
  encoder = new GroupEncoder(kernel)
})

type PlainRow = [time: bigint, ...values: unknown[]]

/** Rows by series, in their order; signs of zeros are kept. */
function bySeries({ series, time, fields }: TableRows): Map<number, PlainRow[]> {
  const found = new Map<number, PlainRow[]>()
  for (const [row, number] of series.entries()) {
    const plain: PlainRow = [time[row] as bigint, ...fields.map((column) => valueAt(column, row))]
    found.set(number, [...(found.get(number) ?? []), plain])
  }
  return found
}

function decoded(groups: TableGroups): Map<number, PlainRow[]> {
  const found = new Map<number, PlainRow[]>()
  for (const [i, group] of encodedGroups(groups).entries()) {
    const columns = groups.fields.map(({ name }) => {
      const column = group.field(name)
      if (column === undefined) throw new Error(`there is no ${name}`)
      return decodeColumn(column, name, kernel)
    })
    const rows = Array.from(decodeTimes(group, kernel), (time, row): PlainRow => {
      return [time, ...columns.map((column) => valueAt(column, row))]
    })
    const number = groups.series[i] as number
    found.set(number, [...(found.get(number) ?? []), ...rows])
  }
  return found
}

function encode(rows: TableRows, distinct: number, partRows = 1 << 20): TableGroups {
  const groups = encoder.encode(sliceRows(rows, partRows), distinct)
  if (groups === undefined) throw new Error('the rows were left as they are')
  return groups
}

const rowsOfGroup = (groups: TableGroups): number[] => encodedGroups(groups).map(({ rows }) => rows)

test('groups give back the rows of each series in their order, whatever the parts', () => {
  const counts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: LEAST_GROUP_ROWS, max: 2500 })), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(counts, fc.nat(), fc.constantFrom(64, 1000, 8192), (all, seed, partRows) => {
      fc.pre(all.some((count) => count > 0))
      const rows = rowsInTurn(all, seed)
      const groups = encode(rows, all.length, partRows)
      const expected = bySeries(rows)
      expect(decoded(groups)).toEqual(new Map([...expected].sort(([a], [b]) => a - b)))
      const times = rows.time.toSorted()
      expect(spanOfGroups(groups)).toEqual({ start: times[0], end: (times.at(-1) as bigint) + 1n })
    }),
    { numRuns: 25 },
  )
})

test('a series goes to as few groups as can be, of about as many rows', () => {
  expect(rowsOfGroup(encode(rowsInTurn([128, 1024, 1025, 3000]), 4))).toEqual([128, 1024, 512, 513, 1000, 1000, 1000])
})

test('some groups of a table are those, byte for byte', () => {
  const rows = rowsInTurn([130, 1500, 200])
  const all = encode(rows, 3)
  const some = selectGroups(all, [1, 2, 3])
  expect([...some.series]).toEqual([1, 1, 2])
  const expected = bySeries(rows)
  expected.delete(0)
  expect(decoded(some)).toEqual(expected)
  expect(selectGroups(all, [0, 1, 2, 3])).toEqual(all)
})

test(`takes ${MOST_GROUPED_ROWS} rows at once, and as many groups as have ${LEAST_GROUP_ROWS} rows`, () => {
  const most = MOST_GROUPED_ROWS / LEAST_GROUP_ROWS
  const groups = encode(rowsInTurn(new Array(most).fill(LEAST_GROUP_ROWS)), most)
  expect(rowsOfGroup(groups)).toEqual(new Array(most).fill(LEAST_GROUP_ROWS))
})

describe('rows are left as they are', () => {
  const change = (rows: TableRows, changed: Partial<TableRows>): TableRows => ({ ...rows, ...changed })

  test('where a series has fewer than the least', () => {
    expect(encoder.encode([rowsInTurn([2000, LEAST_GROUP_ROWS - 1])], 2)).toBeUndefined()
  })

  test.each([0, 1])('where a time is not above the one before it: by %i', (below) => {
    const rows = rowsInTurn([300])
    rows.time[200] = (rows.time[199] as bigint) - BigInt(below)
    expect(encoder.encode([rows], 1)).toBeUndefined()
  })

  test('where a value may be missing, or a field is of another type', () => {
    const rows = rowsInTurn([300])
    const [level, count] = rows.fields
    if (level === undefined || count === undefined) throw new Error('there are two fields')
    const validity = emptyValidity(300).fill(0xff)
    expect(encoder.encode([change(rows, { fields: [{ ...level, validity }, count] })], 1)).toBeUndefined()
    const up = { name: 'up', type: 'bool', values: new Uint8Array(300) } as const
    expect(encoder.encode([change(rows, { fields: [level, up] })], 1)).toBeUndefined()
  })

  test('where there are none', () => {
    expect(encoder.encode([], 0)).toBeUndefined()
  })
})

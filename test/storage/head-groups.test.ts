import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { valueAt } from '../../engine/core/batch.ts'
import { GroupEncoder } from '../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeColumn, decodeTimes, orderGroups } from '../../engine/scan/merge-groups.ts'
import type { TimeRange } from '../../engine/scan/row-group.ts'
import { Head } from '../../engine/storage/head.ts'
import { rowsInTurn } from '../support/grouped-rows.ts'

let kernel: Kernel
let encoder: GroupEncoder
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
  encoder = new GroupEncoder(kernel)
})

const SERIES = 3
const NAMES = ['level', 'count', 'late']

interface Step {
  kind: 'rows' | 'groups' | 'delete' | 'seal'
  /** Of the first row, and of the rows that are deleted. */
  start: number
  rows: number
  seed: number
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('rows' as const, 'groups' as const, 'groups' as const, 'delete' as const, 'seal' as const),
    start: fc.integer({ min: -1500, max: 3000 }),
    rows: fc.integer({ min: 130, max: 1400 }),
    seed: fc.nat(),
  }),
  { minLength: 1, maxLength: 9 },
)

type PlainSeries = Map<bigint, Map<string, unknown>>

function readSeries(head: Head, ref: number, range?: TimeRange): PlainSeries {
  const read: PlainSeries = new Map()
  for (const group of orderGroups(head.groups(ref, NAMES, range), NAMES, kernel)) {
    const times = decodeTimes(group, kernel)
    for (const time of times) read.set(time, new Map())
    for (const name of NAMES) {
      const field = group.field(name)
      const column = field && decodeColumn(field, name, kernel)
      if (column === undefined) continue
      times.forEach((time, row) => {
        const value = valueAt(column, row)
        if (value !== null) read.get(time)?.set(name, value)
      })
    }
  }
  return read
}

/** Does a step to a head and to plain maps by series. */
function take(head: Head, plain: PlainSeries[], { kind, start, rows, seed }: Step): void {
  if (kind === 'seal') {
    head.seal(() => seed % 2 === 0)
    return
  }
  if (kind === 'delete') {
    const range = { start: BigInt(start), end: BigInt(start + rows) }
    head.delete([seed % SERIES], range)
    for (const time of [...(plain[seed % SERIES]?.keys() ?? [])]) {
      if (time >= range.start && time < range.end) plain[seed % SERIES]?.delete(time)
    }
    return
  }
  const batch = rowsInTurn(new Array(SERIES).fill(rows), seed)
  for (const [row, time] of batch.time.entries()) batch.time[row] = time + BigInt(start)
  if (seed % 3 === 0)
    batch.fields = batch.fields.map((field) => ({ ...field, name: field.name === 'count' ? 'late' : field.name }))
  if (kind === 'rows') head.append(batch)
  else {
    const groups = encoder.encode([batch], SERIES)
    if (groups === undefined) throw new Error('the rows were left as they are')
    head.appendGroups(groups)
  }
  for (const [row, number] of batch.series.entries()) {
    const series = plain[number] as PlainSeries
    const fields = series.get(batch.time[row] as bigint) ?? new Map<string, unknown>()
    for (const column of batch.fields) fields.set(column.name, valueAt(column, row))
    series.set(batch.time[row] as bigint, fields)
  }
}

test('groups and rows of a head win over each other in the order in which they came, whatever is deleted between', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const head = new Head(kernel)
      const plain: PlainSeries[] = Array.from({ length: SERIES }, () => new Map())
      for (const step of all) take(head, plain, step)
      for (const [ref, expected] of plain.entries()) {
        expect(readSeries(head, ref)).toEqual(expected)
        const times = [...expected.keys()]
        if (times.length === 0) continue
        expect(head.holds(ref)).toBe(true)
        const bounds = head.bounds(Uint32Array.of(ref))
        for (const time of times) expect(bounds && time >= bounds.start && time <= bounds.end).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test('of a range a head gives every row that is in it, and of rows in order no others', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: -2000, max: 4000 }),
      fc.integer({ min: 1, max: 900 }),
      (all, first, length) => {
        const head = new Head(kernel)
        const plain: PlainSeries[] = Array.from({ length: SERIES }, () => new Map())
        for (const step of all) take(head, plain, step)
        const range = { start: BigInt(first), end: BigInt(first + length) }
        for (const [ref, expected] of plain.entries()) {
          const inRange = [...expected].filter(([time]) => time >= range.start && time < range.end)
          const read = [...readSeries(head, ref, range)].filter(([time]) => time >= range.start && time < range.end)
          expect(new Map(read)).toEqual(new Map(inRange))
        }
      },
    ),
    { numRuns: 60 },
  )
  const head = new Head(kernel)
  head.append(rowsInTurn([600]))
  const times = head.groups(0, ['count']).flatMap((group) => [...decodeTimes(group, kernel)])
  const [start, end] = [times[100] as bigint, times[107] as bigint]
  const [group, ...others] = head.groups(0, ['count'], { start, end })
  expect(others).toEqual([])
  expect(group && [...decodeTimes(group, kernel)]).toEqual(times.slice(100, 107))
  expect(head.groups(0, ['count'], { start: end + 10_000n, end: end + 20_000n })).toEqual([])
})

test('groups are kept as they are: a head has their bytes, rows and series, and no rows of its own', () => {
  const head = new Head(kernel)
  const before = head.bytes
  const groups = encoder.encode([rowsInTurn([1024, 200, 1300])], 3)
  if (groups === undefined) throw new Error('the rows were left as they are')
  head.appendGroups(groups)
  expect(head.rows).toBe(2524)
  expect([...head.refs]).toEqual([0, 1, 2])
  expect(head.fieldsOf(2)).toEqual(['level', 'count'])
  expect(head.bytes - before).toBe(groups.headers.length + groups.payloads.length)
  expect(head.groups(2, ['count']).map(({ rows }) => rows)).toEqual([650, 650])
})

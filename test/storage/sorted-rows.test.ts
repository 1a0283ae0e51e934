import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type Column, emptyValidity, isValid, setValid, valueAt } from '../../engine/core/batch.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { type LaterRows, SortedRows } from '../../engine/storage/sorted-rows.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

interface Row {
  time: bigint
  /** Missing in some. */
  level: number | undefined
  note: string | undefined
}

/** Rows that mostly come in order, some of them late or at a time that was there. */
const rows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 9, arbitrary: fc.constant(10) },
        { weight: 1, arbitrary: fc.integer({ min: -60, max: 10 }) },
      ),
      level: fc.option(fc.double({ noNaN: true }), { nil: undefined, freq: 6 }),
      note: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 300 },
  )
  .map((steps) => {
    let newest = 0
    return steps.map(({ step, level, note }) => {
      const time = newest + step
      newest = Math.max(newest, time)
      return { time: BigInt(time), level, note }
    })
  })

/** The rows from one on as a chunk has them; a field that none of them has is not there. */
function laterRows(all: readonly Row[], from: number, names: readonly string[]): LaterRows {
  const own = all.slice(from)
  const columns = new Map<string, Column>()
  const validityOf = (name: 'level' | 'note'): Uint8Array => {
    const validity = emptyValidity(own.length)
    for (const [row, each] of own.entries()) if (each[name] !== undefined) setValid(validity, row)
    return validity
  }
  const has = (name: 'level' | 'note'): boolean => names.includes(name) && own.some((row) => row[name] !== undefined)
  const level = Float64Array.from(own, (row) => row.level ?? 0)
  if (has('level')) columns.set('level', { name: 'level', type: 'f64', values: level, validity: validityOf('level') })
  const dictionary = ['b', 'a']
  const codes = Uint32Array.from(own, ({ note }) => (note === 'a' ? 1 : 0))
  const validity = validityOf('note')
  if (has('note')) columns.set('note', { name: 'note', type: 'string', values: codes, dictionary, validity })
  return [BigInt64Array.from(own, ({ time }) => time), columns]
}

/** One row a time, each field with the value that came last; by time. */
function expectedRows(all: readonly Row[], names: readonly string[]): unknown[][] {
  const newest = new Map<bigint, Row>()
  for (const { time, level, note } of all) {
    const before = newest.get(time)
    newest.set(time, { time, level: level ?? before?.level, note: note ?? before?.note })
  }
  const sorted = [...newest.values()].sort((a, b) => Number(a.time - b.time))
  return sorted.map((row) => [row.time, ...names.map((name) => row[name as 'level' | 'note'])])
}

test('however rows come, and whenever they are asked for, groups are in order and have of each time the values that came last', () => {
  const asked = fc.tuple(
    rows,
    fc.array(fc.integer({ min: 1, max: 40 })),
    fc.constantFrom(['level'], ['level', 'note'], []),
  )
  fc.assert(
    fc.property(asked, ([all, steps, names]) => {
      const sorted = new SortedRows(names, kernel)
      const ends = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0))
      for (const end of [...ends.filter((each) => each < all.length), all.length]) {
        const there = all.slice(0, end)
        const groups = sorted.groupsOf(7, end, (from) => laterRows(there, from, names))
        const read = groups.flatMap((group) =>
          Array.from(group.time.values, (time, row) => [
            time,
            ...names.map((name) => {
              const column = group.field(name)
              return column && isValid(column.validity, row) ? valueAt(column, row) : undefined
            }),
          ]),
        )
        expect(read).toEqual(expectedRows(there, names))
      }
    }),
    { numRuns: 200 },
  )
})

test('rows that come in order behind those that were sorted are all that is read anew', () => {
  const times = [30n, 10n, 20n, 40n, 50n, 45n, 60n]
  const all = times.map((time): Row => ({ time, level: Number(time), note: undefined }))
  const sorted = new SortedRows(['level'], kernel)
  const readFrom: number[] = []
  const ask = (rows: number) => {
    const groups = sorted.groupsOf(0, rows, (from) => {
      readFrom.push(from)
      return laterRows(all.slice(0, rows), from, ['level'])
    })
    return groups.flatMap(({ time }) => [...time.values])
  }
  expect(ask(3)).toEqual([10n, 20n, 30n])
  expect(ask(4)).toEqual([10n, 20n, 30n, 40n])
  expect(ask(5)).toEqual([10n, 20n, 30n, 40n, 50n])
  expect(ask(5)).toEqual([10n, 20n, 30n, 40n, 50n])
  expect(ask(6)).toEqual([10n, 20n, 30n, 40n, 45n, 50n])
  expect(ask(7)).toEqual([10n, 20n, 30n, 40n, 45n, 50n, 60n])
  expect(readFrom).toEqual([0, 3, 3, 3, 6])
})

import { array, assert, asyncProperty, bigInt, record } from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AggregatePlan, PartialAggregate } from '../../../engine/core/plan.ts'
import type { TimeRange } from '../../../engine/core/time-window.ts'
import { AnswerCache } from '../../../engine/worker/shard/answer-cache.ts'
import type { ShardPartial } from '../../../engine/worker/shard/shard-shares.ts'

const WIDTH = 1_000_000n
const WINDOWS = 5n

interface Read extends TimeRange {
  width: bigint
}

/** One value at each time. */
let rows: Map<bigint, bigint>
let reads: Read[]
let cache: AnswerCache

beforeEach(() => {
  rows = new Map(Array.from({ length: 50 }, (_, i) => [BigInt(i) * 100_000n + 7n, BigInt((i * 37) % 50)]))
  reads = []
  cache = new AnswerCache({ budgetBytes: 1 << 20, leastMs: 0, now: () => 0 })
})

function planFrom(start: bigint): AggregatePlan {
  const window = { origin: 0n, width: WIDTH }
  const inputs = [
    { expression: { kind: 'column', source: 'field', name: 'v', type: 'i64' }, measures: ['min', 'max', 'first'] },
  ] as const
  return { kind: 'aggregate', table: 't', matchers: [], start, end: WINDOWS * WIDTH, window, by: [], inputs }
}

interface Cell {
  window: bigint
  rows: number
  min: bigint
  max: bigint
  first: bigint
  firstTime: bigint
}

/** What the rows of a range have in each window, counted from the first. */
function cellsOf({ start, end }: TimeRange, { origin, width }: { origin: bigint; width: bigint }): Cell[] {
  const cells = new Map<bigint, Cell>()
  for (const [time, value] of [...rows].sort(([a], [b]) => Number(a - b))) {
    if (time < start || time >= end) continue
    const window = time - ((time - origin) % width)
    const cell = cells.get(window) ?? { window, rows: 0, min: value, max: value, first: value, firstTime: time }
    cells.set(window, cell)
    cell.rows++
    if (value < cell.min) cell.min = value
    if (value > cell.max) cell.max = value
  }
  return [...cells.values()]
}

function partialOf(range: TimeRange, window: { origin: bigint; width: bigint }): PartialAggregate {
  const cells = cellsOf(range, window)
  const count = Float64Array.from(cells, (cell) => cell.rows)
  const of = (part: 'window' | 'min' | 'max' | 'first' | 'firstTime'): BigInt64Array<ArrayBuffer> =>
    BigInt64Array.from(cells, (cell) => cell[part])
  const column = (part: 'min' | 'max' | 'first') => ({ name: '', type: 'i64', values: of(part) }) as const
  return {
    groups: [[]],
    cellGroup: new Uint32Array(cells.length),
    cellWindow: of('window'),
    rows: count,
    inputs: [
      {
        type: 'i64',
        count,
        min: column('min'),
        max: column('max'),
        first: column('first'),
        firstTime: of('firstTime'),
      },
    ],
  }
}

async function scan(range: TimeRange, window = { origin: 0n, width: WIDTH }): Promise<ShardPartial[]> {
  reads.push({ start: range.start, end: range.end, width: window.width })
  return [{ shard: 0, partial: partialOf(range, window) }]
}

type Answer = [window: bigint, rows: number, min: bigint, max: bigint, first: bigint]

/** What the cache answers, which must be what the rows say; `reads` has what was read for it. */
async function ask(start: bigint): Promise<void> {
  reads = []
  const plan = planFrom(start)
  const { partials } = await cache.aggregate(plan, scan)
  const answered = partials.flatMap(({ partial }): Answer[] => {
    const [input] = partial.inputs
    const at = (column: { values: ArrayLike<unknown> } | undefined, i: number): bigint =>
      BigInt(String(column?.values[i]))
    return Array.from(partial.cellWindow, (window, i) => [
      window,
      partial.rows[i] ?? 0,
      at(input?.min, i),
      at(input?.max, i),
      at(input?.first, i),
    ])
  })
  const expected = cellsOf(plan, { origin: 0n, width: WIDTH }).map((cell): Answer => {
    return [cell.window, cell.rows, cell.min, cell.max, cell.first]
  })
  expect(answered).toEqual(expected)
}

describe('a range that moves on within a window', () => {
  beforeEach(async () => {
    // The third is read by panes.
    for (const start of [1_000n, 2_000n, 3_000n]) await ask(start)
  })

  test('reads the rows of that window once, by panes', async () => {
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatchObject({ start: 3_000n, end: WIDTH })
    expect(Number(WIDTH / (reads[0]?.width ?? 1n))).toBeGreaterThan(1000)
    for (let start = 4_000n; start < WIDTH; start += 33_333n) {
      await ask(start)
      expect(reads).toEqual([])
    }
  })

  test('reads from its start on where that is in a pane that has rows', async () => {
    await ask(100_007n)
    await ask(100_008n)
    expect(reads).toEqual([{ start: 100_008n, end: WIDTH, width: WIDTH }])
    await ask(150_000n)
    expect(reads).toEqual([])
  })

  test('reads again what has changed', async () => {
    rows.set(500_500n, -3n)
    cache.touch('t', { start: 500_500n, end: 500_501n })
    await ask(4_000n)
    expect(reads.some(({ start, end }) => start <= 500_500n && end > 500_500n)).toBe(true)
  })

  test('reads again what rows have come to, late', async () => {
    rows.set(500_500n, -3n)
    cache.append({ table: 't', series: Uint32Array.of(1), time: BigInt64Array.of(500_500n), fields: [] })
    await ask(4_000n)
    expect(reads.some(({ start, end }) => start <= 500_500n && end > 500_500n)).toBe(true)
  })

  test('reads nothing again where rows have other blocks since', async () => {
    cache.move('t', { start: 0n, end: WINDOWS * WIDTH })
    await ask(4_000n)
    expect(reads).toEqual([])
  })

  test('reads as it is where it goes back before what was read', async () => {
    await ask(2_000n)
    expect(reads).toEqual([{ start: 2_000n, end: WIDTH, width: WIDTH }])
  })

  test('reads the next window by panes when it gets there', async () => {
    await ask(WIDTH - 1n)
    await ask(WIDTH + 1n)
    expect(reads).toMatchObject([{ start: WIDTH + 1n, end: 2n * WIDTH }])
    expect(reads[0]?.width).toBeLessThan(WIDTH)
    await ask(WIDTH + 300n)
    expect(reads).toEqual([])
  })
})

test('rows that change while the panes are read are in the answers after it', async () => {
  await ask(1_000n)
  await ask(2_000n)
  await cache.aggregate(planFrom(3_000n), async (range, window) => {
    const read = await scan(range, window)
    rows.set(700_700n, -9n)
    cache.touch('t', { start: 700_700n, end: 700_701n })
    return read
  })
  await ask(4_000n)
  await ask(5_000n)
})

test('a range that moves by most of a window is not read by panes', async () => {
  for (let start = 1_000n; start < 3n * WIDTH; start += 600_000n) {
    await ask(start)
    for (const { width } of reads) expect(width).toBe(WIDTH)
  }
})

test('panes are given up where most ranges would begin in one that has rows', async () => {
  rows = new Map(Array.from({ length: 10_000 }, (_, i) => [BigInt(i) * 100n, 1n]))
  for (let start = 1_050n; start < 20_000n; start += 1_000n) await ask(start)
  expect(reads).toEqual([{ start: 19_050n, end: WIDTH, width: WIDTH }])
})

test('plans that are asked at one moment read once', async () => {
  await ask(1_000n)
  await ask(2_000n)
  reads = []
  await Promise.all(Array.from({ length: 20 }, () => cache.aggregate(planFrom(3_000n), scan)))
  expect(reads).toHaveLength(1)
})

test('an error of one reading is not that of the next', async () => {
  await ask(1_000n)
  await ask(2_000n)
  const failing = cache.aggregate(planFrom(3_000n), () => Promise.reject(new Error('the disk is gone')))
  const next = cache.aggregate(planFrom(3_000n), scan)
  await expect(failing).rejects.toThrow('the disk is gone')
  expect((await next).partials).toHaveLength(1)
})

test('answers are those of the rows, wherever ranges begin and rows come', async () => {
  const time = bigInt({ min: 0n, max: 3n * WIDTH })
  const steps = array(
    record({ by: bigInt({ min: 0n, max: 90_000n }), late: time, changes: bigInt({ min: 0n, max: 9n }) }),
    {
      minLength: 20,
      maxLength: 60,
    },
  )
  await assert(
    asyncProperty(steps, async (moves) => {
      cache = new AnswerCache({ budgetBytes: 1 << 20, leastMs: 0, now: () => 0 })
      let start = 0n
      for (const { by, late, changes } of moves) {
        start += by
        if (changes === 0n) {
          rows.set(late, -1n)
          cache.touch('t', { start: late, end: late + 1n })
        }
        await ask(start)
      }
    }),
    { numRuns: 60 },
  )
})

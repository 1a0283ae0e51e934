import { describe, expect, test } from 'vitest'
import { type ColdFileInfo, DAY_NS } from '../../engine/cold/cold-manifest.ts'
import { MAX_DAYS, planExpiry, planMoves, planRewrites, type TierRule } from '../../engine/cold/move-plan.ts'

const HOUR_NS = 3_600_000_000_000n
const days = (...numbers: number[]) => numbers.map((day) => ({ day, rows: 100 }))
const plan = (
  local: { table: string; bytes: number; days: { day: number; rows: number }[] }[],
  rule: TierRule,
  now: bigint,
) => planMoves(local, () => rule, now)

describe('what becomes cold', () => {
  test('a day goes exactly when it is over for as long as the rule says', () => {
    const local = [{ table: 'cpu', bytes: 1000, days: days(10, 11, 12) }]
    const rule = { afterMs: 7 * 86_400_000 }
    const due = 11n * DAY_NS + 7n * DAY_NS
    expect(plan(local, rule, due - 1n)).toEqual([])
    expect(plan(local, rule, due)).toEqual([{ table: 'cpu', day: 10 }])
    expect(plan(local, rule, due + DAY_NS)).toEqual([
      { table: 'cpu', day: 10 },
      { table: 'cpu', day: 11 },
    ])
  })

  test('the oldest days go while a table takes more than it may', () => {
    const local = [{ table: 'cpu', bytes: 4000, days: days(10, 11, 12, 13) }]
    const now = 20n * DAY_NS
    expect(plan(local, { maxLocalBytes: 4000 }, now)).toEqual([])
    expect(plan(local, { maxLocalBytes: 3999 }, now).map(({ day }) => day)).toEqual([10])
    expect(plan(local, { maxLocalBytes: 1500 }, now).map(({ day }) => day)).toEqual([10, 11, 12])
  })

  test('of the days that are too much, those go first that were read least recently, and days of one time by age', () => {
    const read = [5n, 0n, 5n, 3n].map((lastRead, i) => ({ day: 10 + i, rows: 100, lastRead }))
    const now = 20n * DAY_NS
    const goes = (maxLocalBytes: number) =>
      plan([{ table: 'cpu', bytes: 4000, days: read }], { maxLocalBytes }, now).map(({ day }) => day)
    expect(goes(3000)).toEqual([11])
    expect(goes(2000)).toEqual([11, 13])
    expect(goes(1000)).toEqual([10, 11, 13])
  })

  test('a day that was read stays for exactly as long as the rule says, by age and by size', () => {
    const now = 20n * DAY_NS
    const local = [{ table: 'cpu', bytes: 4000, days: [{ day: 10, rows: 1, lastRead: now - HOUR_NS }] }]
    for (const rule of [{ afterMs: 0 }, { maxLocalBytes: 0 }]) {
      expect(plan(local, { ...rule, keepReadMs: 3_600_000 }, now - 1n)).toEqual([])
      expect(plan(local, { ...rule, keepReadMs: 3_600_000 }, now)).toHaveLength(1)
    }
  })

  test('a day that is not over for an hour stays, whatever the rule', () => {
    const local = [{ table: 'cpu', bytes: 4000, days: days(10) }]
    expect(plan(local, { afterMs: 0, maxLocalBytes: 0 }, 11n * DAY_NS + HOUR_NS - 1n)).toEqual([])
    expect(plan(local, { afterMs: 0, maxLocalBytes: 0 }, 11n * DAY_NS + HOUR_NS)).toHaveLength(1)
  })

  test('days before 1970 and beyond four digits of the year stay, and tables whose name no key can hold', () => {
    const now = 10n ** 20n
    expect(plan([{ table: 'cpu', bytes: 1, days: days(-1, 0, 106_750, 106_751) }], { afterMs: 0 }, now)).toEqual([
      { table: 'cpu', day: 0 },
      { table: 'cpu', day: 106_750 },
    ])
    expect(plan([{ table: 'ä'.repeat(101), bytes: 1, days: days(1) }], { afterMs: 0 }, now)).toEqual([])
    expect(plan([{ table: 'ä'.repeat(100), bytes: 1, days: days(1) }], { afterMs: 0 }, now)).toHaveLength(1)
  })

  test(`one round takes ${MAX_DAYS} days, the oldest of all tables`, () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ day: 100 + i, rows: 1 }))
    const moves = plan(
      [
        { table: 'b', bytes: 1, days: many },
        { table: 'a', bytes: 1, days: days(90) },
      ],
      { afterMs: 0 },
      200n * DAY_NS,
    )
    expect(moves).toHaveLength(MAX_DAYS)
    expect(moves[0]).toEqual({ table: 'a', day: 90 })
    expect(moves[MAX_DAYS - 1]).toEqual({ table: 'b', day: 100 + MAX_DAYS - 2 })
  })

  test('tables without a rule stay', () => {
    expect(planMoves([{ table: 'cpu', bytes: 1, days: days(1) }], () => undefined, 200n * DAY_NS)).toEqual([])
  })
})

test('a file expires with its last row', () => {
  const file = { table: 'cpu', maxTime: 1000n } as ColdFileInfo
  expect(planExpiry([file], () => 1000n)).toEqual([])
  expect(planExpiry([file], () => 1001n)).toEqual([file])
  expect(planExpiry([file], () => undefined)).toEqual([])
})

test('days are written anew once for all their files, the oldest first, and so many at a time', () => {
  const file = (table: string, day: number, rows = 1) => ({ table, day, rows }) as ColdFileInfo
  const files = [file('b', 7), file('a', 9), file('b', 7, 2), file('a', 3, 0)]
  expect(planRewrites(files, ({ rows }) => rows > 0)).toEqual([
    { table: 'b', day: 7 },
    { table: 'a', day: 9 },
  ])
  const many = Array.from({ length: MAX_DAYS + 1 }, (_, i) => file('a', i))
  expect(planRewrites(many, () => true)).toHaveLength(MAX_DAYS)
})

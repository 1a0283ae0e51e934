import { expect, test } from 'vitest'
import type { Literal } from '../../engine/core/expression.ts'
import { type NewestRow, NewestRows } from '../../engine/scan/newest-rows.ts'

const row = (time: bigint, ...values: Literal[]): NewestRow => ({ time, values })

/** Rows that change when the test says so. */
function changing() {
  const state = { changes: 0, inHead: new Set<number>() }
  return { state, source: { changes: () => state.changes, isInHead: (ref: number) => state.inHead.has(ref) } }
}

test('a row is known by its series and by what was asked of it', () => {
  const newest = new NewestRows(changing().source)
  newest.of('t', ['a', 'b']).keep(new Map([[7, row(5n, 1, 2)]]))
  expect(newest.of('t', ['a', 'b']).find(7)).toEqual({ row: row(5n, 1, 2), isOvertaken: false })
  expect(newest.of('t', ['a', 'b']).find(8)).toBeUndefined()
  expect(newest.of('t', ['a']).find(7)).toBeUndefined()
  expect(newest.of('u', ['a', 'b']).find(7)).toBeUndefined()
})

test('a series that has rows in the head is overtaken as long as it has them there', () => {
  const { state, source } = changing()
  const newest = new NewestRows(source)
  newest.of('t', ['a']).keep(new Map([[7, row(5n, 1)]]))
  state.inHead.add(7)
  expect(newest.of('t', ['a']).find(7)?.isOvertaken).toBe(true)
  state.inHead.clear()
  expect(newest.of('t', ['a']).find(7)?.isOvertaken).toBe(false)
})

test('nothing is known after a change, and what was read before one is not kept', () => {
  const { state, source } = changing()
  const newest = new NewestRows(source)
  newest.of('t', ['a']).keep(new Map([[7, row(5n, 1)]]))
  const before = newest.of('t', ['a'])
  state.changes++
  before.keep(new Map([[8, row(6n, 1)]]))
  expect(newest.of('t', ['a']).find(7)).toBeUndefined()
  expect(newest.of('t', ['a']).find(8)).toBeUndefined()
  const after = newest.of('t', ['a'])
  before.keep(new Map([[9, row(6n, 1)]]))
  after.keep(new Map([[10, row(6n, 1)]]))
  expect([9, 10].map((ref) => newest.of('t', ['a']).find(ref)?.row.time)).toEqual([undefined, 6n])
})

test('keeps as many values as are allowed; one more takes the place of all, and more than those are not kept', () => {
  const newest = new NewestRows(changing().source, 8)
  const known = (): boolean[] => [1, 2, 3, 4, 5].map((ref) => newest.of('t', ['a']).find(ref) !== undefined)
  const keep = (...refs: number[]): void =>
    newest.of('t', ['a']).keep(new Map(refs.map((ref) => [ref, row(BigInt(ref), ref)])))
  keep(1, 2)
  keep(3, 4)
  expect(known()).toEqual([true, true, true, true, false])
  keep(5)
  expect(known()).toEqual([false, false, false, false, true])
  keep(1, 2, 3, 4, 5)
  expect(known()).toEqual([false, false, false, false, false])
})

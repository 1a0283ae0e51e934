import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { Queryable } from '../../engine/core/plan.ts'
import { type PlainCell, type PlainState, plainCells, plainRows, withoutAbsentTags } from './plain-answer.ts'
import { rowsOf } from './plain-column.ts'
import { type PlanChoices, randomAggregate, randomLatest, randomMatchers, randomRows } from './random-plan.ts'

/** Sums of doubles and moments may differ in their last digits, since the order of adding differs. */
const DIGITS = 1e-9

/** Asks both for the same random answers, of every kind, and expects them to be the same. */
export async function expectSameAnswers(actual: Queryable, expected: Queryable, choices: PlanChoices): Promise<void> {
  for (let i = 0; i < 4; i++) {
    const plan = randomAggregate(choices)
    const { accumulators } = plan
    const a = plainCells(await actual.aggregate(plan), accumulators)
    const b = plainCells(await expected.aggregate(plan), accumulators)
    if (!sameCells(a, b)) expect(a, print(plan)).toEqual(b)
  }
  for (let i = 0; i < 2; i++) {
    const plan = randomRows(choices)
    expect(await plainRows(actual, plan), print(plan)).toEqual(await plainRows(expected, plan))
  }
  const latest = randomLatest(choices)
  const tags = latest.tags.length
  const newest = withoutAbsentTags(rowsOf(await actual.latest(latest)), tags)
  expect(newest, print(latest)).toEqual(withoutAbsentTags(rowsOf(await expected.latest(latest)), tags))
  const matchers = randomMatchers(choices.next)
  const limit = 1 + (choices.next() % 8)
  expect(await actual.series('t', matchers, limit)).toEqual(await expected.series('t', matchers, limit))
  expect(await actual.tableCardinality()).toEqual(await expected.tableCardinality())
  expect(await actual.tagCardinality('t')).toEqual(await expected.tagCardinality('t'))
  expect(await actual.tagValues('t', 'host', limit)).toEqual(await expected.tagValues('t', 'host', limit))
}

/** Asks both for the same random aggregates and expects the same bits. */
export async function expectSameBits(actual: Queryable, expected: Queryable, choices: PlanChoices): Promise<void> {
  for (let i = 0; i < 6; i++) {
    const plan = randomAggregate(choices)
    const { accumulators } = plan
    const a = plainCells(await actual.aggregate(plan), accumulators)
    const b = plainCells(await expected.aggregate(plan), accumulators)
    // toStrictEqual tells -0 from 0 and compares doubles bit by bit.
    expect(a, print(plan)).toStrictEqual(b)
  }
}

/** Whether cells are the same but for the last digits of sums of doubles and of moments. */
export function sameCells(a: readonly PlainCell[], b: readonly PlainCell[]): boolean {
  return a.length === b.length && a.every((cell, i) => sameCell(cell, b[i] as PlainCell))
}

function sameCell(a: PlainCell, b: PlainCell): boolean {
  const same = a.rows === b.rows && a.window === b.window && a.group.every((value, i) => value === b.group[i])
  const states = same && a.inputs.every((state, i) => sameState(state, b.inputs[i] as PlainState))
  return states && a.accumulated.every((value, i) => sameValue(value, b.accumulated[i]))
}

/** Points are values of rows, so they have to agree as they are. */
function sameValue(a: PlainCell['accumulated'][number], b: PlainCell['accumulated'][number] | undefined): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return isDeepStrictEqual(a, b)
  return Object.is(a, b) || a === b || Math.abs(a - b) <= Math.max(1, Math.abs(a), Math.abs(b)) * 1e-7
}

function sameState(a: PlainState, b: PlainState): boolean {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof PlainState)[] // of both
  return names.every((name) => {
    const [x, y] = [a[name], b[name]]
    if (typeof x !== 'number' || typeof y !== 'number') return x === y
    const scale = Math.max(Math.abs(x), Math.abs(y), name === 'sum' || name === 'mean' ? 1e3 * a.count : 0)
    return Object.is(x, y) || x === y || Math.abs(x - y) <= scale * DIGITS
  })
}

function print(plan: unknown): string {
  return JSON.stringify(plan, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

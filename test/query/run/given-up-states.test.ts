import { expect, test } from 'vitest'
import { partialArrays } from '../../../engine/aggregate/states.ts'
import type { AggregatePlan, PartialAggregate } from '../../../engine/core/plan.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { TableFixture } from '../../support/table-fixture.ts'

/** A table that remembers the states it has answered. */
class WatchedTable extends TableFixture {
  readonly answered: PartialAggregate[] = []

  override async aggregate(plan: AggregatePlan): Promise<PartialAggregate> {
    const partial = await super.aggregate(plan)
    this.answered.push(partial)
    return partial
  }
}

test.each([
  // `max` and the time of the window are states themselves.
  ['SELECT avg(v), max(v), max(v) AS again FROM a GROUP BY 10ns, h', true],
  ['SELECT avg(v), max(v), max(v) AS again FROM a GROUP BY 10ns, h ORDER BY time, h', true],
  ['SELECT sum(v), max(v) FROM a', false],
])('states that rows were made of are given up, and the rows stay: %s', async (text, isGivenUp) => {
  const rows = [1, 2, 11, 12].flatMap((time) => [
    { time: BigInt(time), tags: { h: 'x' }, fields: { v: time } },
    { time: BigInt(time), tags: { h: 'y' }, fields: { v: -time } },
  ])
  const table = new WatchedTable({ a: { fields: { v: 'f64' }, rows } })
  const answer = rowsOf(await collectRows(await runStatement(text, table, { now: 0n })))
  expect(answer).toEqual(
    isGivenUp
      ? [
          [0n, 'x', 1.5, 2, 2],
          [0n, 'y', -1.5, -1, -1],
          [10n, 'x', 11.5, 12, 12],
          [10n, 'y', -11.5, -11, -11],
        ]
      : [[0, 12]],
  )
  const left = table.answered.flatMap(partialArrays).filter(({ byteLength }) => byteLength > 0)
  expect(left.length > 0).toBe(!isGivenUp)
})

import { toExactDoubles } from '../core/integers.ts'
import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { CellTallies } from './cell-tallies.ts'
import { plainValue } from './plain-value.ts'
import { eachPresent } from './row-presence.ts'

/** An accumulator of how often each value of the first input came. */
export function tallyValues({ types, budget }: AccumulatorCall): Accumulator {
  const tallies = new CellTallies(types[0] ?? 'f64', budget)
  return {
    update: (rows) => {
      const [column] = rows.columns
      if (column === undefined) return
      const exact = column.values instanceof BigInt64Array ? toExactDoubles(column.values) : undefined
      eachPresent(rows, (row, cell) => tallies.add(cell, exact?.[row] ?? plainValue(column, row), 1))
    },
    endSeries: () => undefined,
    merge: (states, places) => tallies.merge(states, places),
    states: (cells) => tallies.states(cells),
  }
}

/** How many different values there are, exactly; NaN is one, -0 is 0. `count(DISTINCT x)` calls it. */
export const countDistinct: ValueAggregate = {
  name: 'count_distinct',
  inputs: ['any'],
  parameters: [],
  keepsUnit: false,
  ordered: false,
  dependsOnOrder: false,
  gives: 'value',
  outputType: () => 'i64',
  open: tallyValues,
  finish: ({ offsets }) => ({
    name: '',
    type: 'i64',
    values: BigInt64Array.from(offsets.subarray(1), (end, cell) => BigInt(end - (offsets[cell] ?? 0))),
  }),
}

import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { CellTallies } from './cell-tallies.ts'

/** An accumulator of how often each value of the first input came. */
export function tallyValues({ types, budget }: AccumulatorCall): Accumulator {
  const tallies = new CellTallies(types[0] ?? 'f64', budget)
  return {
    update: (rows) => tallies.addRows(rows),
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

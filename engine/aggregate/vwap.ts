import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { cellDoubles } from './cell-doubles.ts'
import { CellNumbers } from './cell-numbers.ts'
import { eachPresent } from './row-presence.ts'
import { addCompensated, compensated } from './two-sum.ts'

/** How many pairs, then the sums of price times volume and of volume, each as two doubles. */
const WIDTH = 5

/** The mean price weighted by volume; missing where there is no volume. */
export const vwap: ValueAggregate = {
  name: 'vwap',
  inputs: ['number', 'number'],
  parameters: [],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: true,
  gives: 'value',
  outputType: () => 'f64',
  open: openSums,
  finish: (states) =>
    cellDoubles(states, ([, high = 0, low = 0, volumeHigh = 0, volumeLow = 0]) => {
      const volume = compensated(volumeHigh, volumeLow)
      return volume === 0 ? undefined : compensated(high, low) / volume
    }),
}

function openSums({ budget }: AccumulatorCall): Accumulator {
  const sums = new CellNumbers(WIDTH, budget)
  return {
    update: (rows) => {
      const [price, volume] = rows.columns
      eachPresent(rows, (row, cell) => {
        const into = sums.at(cell)
        const weight = Number(volume?.values[row])
        into[0] = (into[0] ?? 0) + 1
        addCompensated(into, 1, Number(price?.values[row]) * weight)
        addCompensated(into, 3, weight)
      })
    },
    endSeries: () => undefined,
    merge: (states, places) =>
      sums.merge(states, places, (into, from) => {
        into[0] = (into[0] ?? 0) + (from[0] ?? 0)
        for (const i of [1, 3]) {
          addCompensated(into, i, from[i] ?? 0)
          into[i + 1] = (into[i + 1] ?? 0) + (from[i + 1] ?? 0)
        }
      }),
    states: (cells) => sums.states(cells),
  }
}

import type { Accumulator, AccumulatorCall, PointsAggregate } from './accumulator.ts'
import { CellBest } from './cell-best.ts'
import { chosenPoints, rowsByTime } from './line-points.ts'
import { comparePlain, type PlainValue, plainValue } from './plain-value.ts'
import { eachPresent } from './row-presence.ts'

/** Most rows that topk and bottomk give a cell. */
const MAX_TOP_ROWS = 10_000

function topAggregate(name: string, sign: 1 | -1): PointsAggregate {
  return {
    name,
    inputs: ['any'],
    parameters: [{ name: 'k', kind: 'count', from: 1, to: MAX_TOP_ROWS }],
    keepsUnit: true,
    ordered: false,
    dependsOnOrder: false,
    gives: 'points',
    outputType: ([input]) => input ?? 'f64',
    open: (call) => openTop(call, sign),
    finish: (states) => chosenPoints(states, rowsByTime(states)),
  }
}

/** The k greatest values with their times; of equal ones the earlier. NaN only where there is nothing else. */
export const topk: PointsAggregate = topAggregate('topk', -1)

/** The k least values with their times; of equal ones the earlier. NaN only where there is nothing else. */
export const bottomk: PointsAggregate = topAggregate('bottomk', 1)

function openTop({ types: [type = 'f64'], parameters: [k], budget }: AccumulatorCall, sign: 1 | -1): Accumulator {
  const before = ([time = 0n, x = 0]: readonly PlainValue[], [otherTime = 0n, otherX = 0]: readonly PlainValue[]) => {
    const missing = Number(Number.isNaN(x)) - Number(Number.isNaN(otherX))
    const order = missing === 0 ? comparePlain(x, otherX) * sign : missing
    return order < 0 || (order === 0 && time < otherTime)
  }
  const best = new CellBest(['i64', type], { most: Number(k), before }, budget)
  return {
    update: (rows) => {
      const [column] = rows.columns
      if (column === undefined) return
      eachPresent(rows, (row, cell) => {
        const value = plainValue(column, row)
        const known = best.last(cell)?.[1]
        if (known === undefined || comparePlain(value, known) * sign <= 0 || Number.isNaN(known)) {
          best.add(cell, [rows.times[row] ?? 0n, value])
        }
      })
    },
    endSeries: () => undefined,
    merge: (states, places) => best.merge(states, places),
    states: (cells) => best.states(cells),
  }
}

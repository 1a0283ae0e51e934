import { emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { CellBest } from './cell-best.ts'
import { comparePlain, type PlainValue, plainValue } from './plain-value.ts'
import { eachPresent } from './row-presence.ts'
import { columnLike, copyValue } from './sorted-values.ts'

function argAggregate(name: string, sign: 1 | -1): ValueAggregate {
  return {
    name,
    inputs: ['any', 'any'],
    parameters: [],
    keepsUnit: true,
    ordered: false,
    dependsOnOrder: false,
    gives: 'value',
    outputType: ([input]) => input ?? 'f64',
    open: (call) => openBest(call, sign),
    finish: firstRows,
  }
}

/** The value of x where y is least; of several the greatest. NaN counts only where there is nothing else. */
export const argMin: ValueAggregate = argAggregate('arg_min', 1)

/** The value of x where y is greatest; of several the greatest. NaN counts only where there is nothing else. */
export const argMax: ValueAggregate = argAggregate('arg_max', -1)

function openBest({ types, budget }: AccumulatorCall, sign: 1 | -1): Accumulator {
  const before = ([x = 0, y = 0]: readonly PlainValue[], [otherX = 0, otherY = 0]: readonly PlainValue[]): boolean => {
    const missing = Number(Number.isNaN(y)) - Number(Number.isNaN(otherY))
    const order = missing === 0 ? comparePlain(y, otherY) * sign : missing
    return order < 0 || (order === 0 && comparePlain(x, otherX) > 0)
  }
  const best = new CellBest(types, { most: 1, before }, budget)
  return {
    update: (rows) => {
      const [x, y] = rows.columns
      if (x === undefined || y === undefined) throw new Error('an extreme takes two columns')
      eachPresent(rows, (row, cell) => {
        const key = plainValue(y, row)
        const known = best.last(cell)?.[1]
        if (known === undefined || comparePlain(key, known) * sign <= 0 || Number.isNaN(known)) {
          best.add(cell, [plainValue(x, row), key])
        }
      })
    },
    endSeries: () => undefined,
    merge: (states, places) => best.merge(states, places),
    states: (cells) => best.states(cells),
  }
}

function firstRows({ offsets, columns: [values] }: StateTable): ReturnType<typeof columnLike> {
  if (values === undefined) throw new Error('an extreme keeps values')
  const cells = offsets.length - 1
  const validity = emptyValidity(cells)
  const column = columnLike(values, cells, validity)
  for (let cell = 0; cell < cells; cell++) {
    const row = offsets[cell] ?? 0
    if (row === offsets[cell + 1]) continue
    copyValue(column.values, cell, values.values, row)
    setValid(validity, cell)
  }
  return column
}

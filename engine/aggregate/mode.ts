import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import type { ValueAggregate } from './accumulator.ts'
import { tallyValues } from './count-distinct.ts'
import { comparePlain, plainValue } from './plain-value.ts'
import { columnLike, copyValue } from './sorted-values.ts'

/** The value that comes most often; of several the least. */
export const mode: ValueAggregate = {
  name: 'mode',
  inputs: ['any'],
  parameters: [],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: false,
  gives: 'value',
  outputType: ([input]) => input ?? 'f64',
  open: tallyValues,
  finish: mostFrequent,
}

function mostFrequent({ offsets, columns: [values, weights] }: StateTable): Column {
  if (values === undefined || weights === undefined) throw new Error('tallies are values and weights')
  const cells = offsets.length - 1
  const validity = emptyValidity(cells)
  const column = columnLike(values, cells, validity)
  for (let cell = 0; cell < cells; cell++) {
    const from = offsets[cell] ?? 0
    const to = offsets[cell + 1] ?? 0
    if (from === to) continue
    let best = from
    for (let row = from + 1; row < to; row++) {
      const more = Number(weights.values[row]) - Number(weights.values[best])
      const isLess = comparePlain(plainValue(values, row), plainValue(values, best)) < 0
      if (more > 0 || (more === 0 && isLess)) best = row
    }
    copyValue(column.values, cell, values.values, best)
    setValid(validity, cell)
  }
  return column
}

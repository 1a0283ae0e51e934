import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { KeptRows } from './kept-rows.ts'
import { rowsByTime } from './line-points.ts'
import { plainColumn, plainValue } from './plain-value.ts'
import { presentRows } from './row-presence.ts'

/** Longest text that string_agg makes, in UTF-16 code units. */
export const MAX_AGGREGATED_TEXT: number = 2 ** 24

/** All texts one after the other, in order of time and of one time in theirs, with a separator between. */
export const stringAgg: ValueAggregate = {
  name: 'string_agg',
  inputs: ['text'],
  parameters: [{ name: 'the separator', kind: 'text', default: ',' }],
  keepsUnit: false,
  ordered: false,
  dependsOnOrder: false,
  gives: 'value',
  outputType: () => 'string',
  open: openTexts,
  finish: (states, { parameters: [separator] }) => joined(states, String(separator)),
}

function openTexts({ budget }: AccumulatorCall): Accumulator {
  const kept = new KeptRows(['i64', 'string'], budget)
  return {
    update: (rows) => {
      const [texts] = rows.columns
      if (texts) kept.add(rows.cells, [{ name: '', type: 'time', values: rows.times }, texts], presentRows(rows))
    },
    endSeries: () => undefined,
    merge: (states, places) => kept.merge(states, places),
    states: (cells) => kept.states(cells),
  }
}

function joined(states: StateTable, separator: string): Column {
  const texts = states.columns[1]
  if (texts === undefined) throw new Error('joined texts are times and texts')
  const validity = emptyValidity(states.offsets.length - 1)
  const whole = rowsByTime(states).map((rows, cell) => {
    let text = ''
    rows.forEach((row, i) => {
      text += (i > 0 ? separator : '') + plainValue(texts, row)
      if (text.length <= MAX_AGGREGATED_TEXT) return
      throw new TidemarkError('quota', `string_agg() would make a text of more than ${MAX_AGGREGATED_TEXT} characters`)
    })
    if (rows.length > 0) setValid(validity, cell)
    return text
  })
  return { ...plainColumn('string', whole), validity }
}

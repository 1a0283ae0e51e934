import { expect, test } from 'vitest'
import { mayCallStateful, STATEFUL_NAMES } from '../../engine/aggregate/stateful-names.ts'
import { STATEFUL_AGGREGATES } from '../../engine/aggregate/stateful-registry.ts'

test('the names are those of the registry', () => {
  expect([...STATEFUL_NAMES].sort()).toEqual([...STATEFUL_AGGREGATES.keys()].sort())
})

test.each([
  ['SELECT MEDIAN (x) FROM t', true],
  ['SELECT count(DISTINCT x) FROM t', true],
  ['SELECT state_duration(x, 1) FROM t', true],
  ['SELECT avg(x), count(*) FROM t GROUP BY 5m', false],
  ['SELECT median_income FROM t', false],
])('%s', (text, may) => {
  expect(mayCallStateful(text)).toBe(may)
})

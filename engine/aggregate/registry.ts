import type { Aggregate } from './aggregate.ts'
import { avg } from './avg.ts'
import { boolAnd } from './bool-and.ts'
import { boolOr } from './bool-or.ts'
import { count } from './count.ts'
import { first } from './first.ts'
import { firstTime } from './first-time.ts'
import { last } from './last.ts'
import { lastTime } from './last-time.ts'
import { max } from './max.ts'
import { min } from './min.ts'
import { stddev } from './stddev.ts'
import { stddevPop } from './stddev-pop.ts'
import { sum } from './sum.ts'
import { variance } from './variance.ts'

const ALL: readonly Aggregate[] = [
  avg,
  boolAnd,
  boolOr,
  count,
  first,
  firstTime,
  last,
  lastTime,
  max,
  min,
  stddev,
  stddevPop,
  sum,
  variance,
]

/** Every aggregate by the names that the query language knows it by. */
export const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ...ALL.map((aggregate) => [aggregate.name, aggregate] as const),
  ['mean', avg],
  ['every', boolAnd],
  ['any', boolOr],
  // Of the prices in a window.
  ['open', first],
  ['high', max],
  ['low', min],
  ['close', last],
])

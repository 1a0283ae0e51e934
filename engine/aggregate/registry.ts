import type { Aggregate } from './aggregate.ts'
import { avg } from './avg.ts'
import { count } from './count.ts'
import { first } from './first.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { min } from './min.ts'
import { stddev } from './stddev.ts'
import { stddevPop } from './stddev-pop.ts'
import { sum } from './sum.ts'
import { variance } from './variance.ts'

const ALL: readonly Aggregate[] = [avg, count, first, last, max, min, stddev, stddevPop, sum, variance]

/** Every aggregate by the names that the query language knows it by. */
export const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ...ALL.map((aggregate) => [aggregate.name, aggregate] as const),
  ['mean', avg],
])

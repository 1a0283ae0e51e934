import type { Expression } from '../../engine/core/expression.ts'
import type { Matcher } from '../../engine/core/matcher.ts'
import type {
  AccumulatorInput,
  AggregateInput,
  AggregatePlan,
  LatestPlan,
  Measure,
  RowsPlan,
  Selection,
} from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { FIELDS, type FieldName, START } from './random-table.ts'

const STEP = 1_000_000_000n

export function fieldOf(name: FieldName): Expression {
  return { kind: 'column', name, source: 'field', type: FIELDS[name] }
}

const level = fieldOf('level')
const count = fieldOf('count')
const host: Expression = { kind: 'column', name: 'host', source: 'tag', type: 'string' }
const time: Expression = { kind: 'column', name: 'time', source: 'time', type: 'time' }

const FILTERS: readonly Expression[] = [
  { kind: 'binary', op: '>', type: 'bool', left: level, right: { kind: 'literal', type: 'f64', value: 0 } },
  { kind: 'binary', op: '<=', type: 'bool', left: count, right: { kind: 'literal', type: 'i64', value: 5000n } },
  {
    kind: 'binary',
    op: '=',
    type: 'bool',
    left: fieldOf('text'),
    right: { kind: 'literal', type: 'string', value: 'a' },
  },
  {
    kind: 'binary',
    op: '>=',
    type: 'bool',
    left: fieldOf('odd'),
    right: { kind: 'literal', type: 'f64', value: Number.NaN },
  },
  {
    kind: 'binary',
    op: '<',
    type: 'bool',
    left: fieldOf('odd'),
    right: { kind: 'literal', type: 'f64', value: Number.NaN },
  },
  {
    kind: 'binary',
    op: '=',
    type: 'bool',
    left: fieldOf('ends'),
    right: { kind: 'literal', type: 'f64', value: 2 ** 53 },
  },
  {
    kind: 'binary',
    op: 'and',
    type: 'bool',
    left: fieldOf('up'),
    right: { kind: 'unary', op: 'is not null', type: 'bool', operand: level },
  },
  {
    kind: 'binary',
    op: 'or',
    type: 'bool',
    left: { kind: 'unary', op: 'is null', type: 'bool', operand: count },
    right: {
      kind: 'binary',
      op: '!=',
      type: 'bool',
      left: host,
      right: { kind: 'literal', type: 'string', value: 'a' },
    },
  },
  { kind: 'unary', op: 'not', type: 'bool', operand: fieldOf('up') },
  { kind: 'in', values: ['a', 'b'], negated: true, operand: fieldOf('text') },
  {
    kind: 'binary',
    op: '<',
    type: 'bool',
    left: time,
    right: { kind: 'literal', type: 'time', value: START + 300n * STEP },
  },
  { kind: 'match', pattern: 'b+', negated: false, operand: host },
]

const MATCHERS: readonly Matcher[] = [
  { tag: 'host', op: '=', value: 'a' },
  { tag: 'host', op: '!=', value: 'a' },
  { tag: 'host', op: '=', value: '' },
  { tag: 'region', op: 'in', values: ['eu', ''] },
  { tag: 'region', op: 'not in', values: ['eu'] },
  { tag: 'host', op: '=~', value: 'b+|' },
  { tag: 'host', op: '!~', value: 'b.*' },
]

const INPUTS: readonly AggregateInput[] = [
  { measures: [] },
  { expression: level, measures: ['sum', 'min', 'max', 'first', 'last', 'moments'] },
  { expression: fieldOf('odd'), measures: ['min', 'max', 'first', 'last'] },
  { expression: count, measures: ['sum', 'min', 'max', 'first', 'last', 'moments'] },
  { expression: fieldOf('ends'), measures: ['sum', 'min', 'max', 'first', 'last'] },
  { expression: fieldOf('up'), measures: ['min', 'max', 'first', 'last'] },
  { expression: fieldOf('text'), measures: ['min', 'max', 'first', 'last'] },
  { expression: host, measures: ['min', 'max', 'last'] },
  { expression: { kind: 'binary', op: '*', type: 'f64', left: level, right: count }, measures: ['sum', 'max'] },
  {
    expression: {
      kind: 'binary',
      op: '+',
      type: 'i64',
      left: count,
      right: { kind: 'literal', type: 'i64', value: 7n },
    },
    measures: ['sum', 'last'],
  },
  { expression: { kind: 'binary', op: '/', type: 'f64', left: count, right: count }, measures: ['sum', 'min'] },
]

const MINUTE = 60n * STEP
const up = fieldOf('up')

const ACCUMULATORS: readonly AccumulatorInput[] = [
  { aggregate: 'quantile', inputs: [level], parameters: [0.9] },
  { aggregate: 'quantile_disc', inputs: [fieldOf('odd')], parameters: [0.5] },
  { aggregate: 'quantile_disc', inputs: [host], parameters: [0.5] },
  { aggregate: 'approx_quantile', inputs: [count], parameters: [0.3] },
  { aggregate: 'approx_count_distinct', inputs: [level], parameters: [] },
  { aggregate: 'count_distinct', inputs: [fieldOf('text')], parameters: [] },
  { aggregate: 'mode', inputs: [fieldOf('ends')], parameters: [] },
  { aggregate: 'corr', inputs: [level, count], parameters: [] },
  { aggregate: 'skewness', inputs: [level], parameters: [] },
  { aggregate: 'vwap', inputs: [level, count], parameters: [] },
  { aggregate: 'arg_max', inputs: [fieldOf('text'), fieldOf('odd')], parameters: [] },
  { aggregate: 'arg_min', inputs: [time, level], parameters: [] },
  { aggregate: 'increase', inputs: [count], parameters: [MINUTE] },
  { aggregate: 'rate', inputs: [level], parameters: [5n * MINUTE] },
  { aggregate: 'changes', inputs: [up], parameters: [MINUTE] },
  { aggregate: 'deriv', inputs: [level], parameters: [] },
  { aggregate: 'prom_rate', inputs: [count], parameters: [] },
  { aggregate: 'time_weighted_avg', inputs: [level], parameters: ['linear', MINUTE] },
  { aggregate: 'integral', inputs: [level], parameters: ['locf', 3n * MINUTE] },
  { aggregate: 'duration_in', inputs: [up], parameters: [MINUTE] },
]

export interface PlanChoices {
  next: () => number
  /** Seconds over which the rows lie. */
  spread: number
}

function selection({ next, spread }: PlanChoices): Selection {
  const [a, b] = [next() % spread, next() % spread]
  const isWhole = next() % 3 === 0
  return {
    table: 't',
    matchers: next() % 2 === 0 ? [] : [MATCHERS[next() % MATCHERS.length] as Matcher],
    start: isWhole ? MIN_TIME : START + BigInt(Math.min(a, b)) * STEP - 1n,
    end: isWhole ? MAX_TIME : START + BigInt(Math.max(a, b) + 1) * STEP,
    ...(next() % 3 === 0 && { filter: FILTERS[next() % FILTERS.length] as Expression }),
  }
}

export function randomAggregate(choices: PlanChoices): AggregatePlan {
  const { next } = choices
  const width = [7n, 60n, 333n, 100_000n][next() % 4] ?? 7n
  const inputs = INPUTS.filter(() => next() % 3 === 0).map((input) => thinned(input, next))
  const accumulators = next() % 3 === 0 ? ACCUMULATORS.filter(() => next() % 4 === 0) : []
  return {
    ...selection(choices),
    kind: 'aggregate',
    ...(next() % 3 !== 0 && { window: { origin: BigInt(next() % 5) * STEP, width: width * STEP } }),
    by: [[], ['host'], ['region', 'host'], ['absent']][next() % 4] ?? [],
    inputs: inputs.length === 0 ? [{ measures: [] }] : inputs,
    ...(accumulators.length > 0 && { accumulators, lookBack: 5n * MINUTE }),
  }
}

/** Sometimes an input without measures that keep it from being answered by headers. */
function thinned(input: AggregateInput, next: () => number): AggregateInput {
  if (next() % 2 === 0) return input
  const kept: Measure[] = input.measures.filter((measure) => measure !== 'moments' && next() % 3 !== 0)
  return { ...input, measures: kept }
}

export function randomRows(choices: PlanChoices): RowsPlan {
  const { next } = choices
  const limit = [undefined, 0, 1, 17, 5000][next() % 5]
  return {
    ...selection(choices),
    kind: 'rows',
    tags: next() % 2 === 0 ? ['host', 'region'] : ['region'],
    fields: (Object.keys(FIELDS) as FieldName[]).filter(() => next() % 2 === 0), // the names of the constant
    order: next() % 2 === 0 ? 'asc' : 'desc',
    ...(limit !== undefined && { limit }),
  }
}

export function randomLatest(choices: PlanChoices): LatestPlan {
  const { next } = choices
  return {
    ...selection(choices),
    kind: 'latest',
    by: [[], ['host'], ['region', 'host']][next() % 3] ?? [],
    tags: ['host', 'region'],
    fields: ['level', 'odd', 'count', 'ends', 'up', 'text'],
  }
}

export function randomMatchers(next: () => number): Matcher[] {
  return MATCHERS.filter(() => next() % 3 === 0)
}

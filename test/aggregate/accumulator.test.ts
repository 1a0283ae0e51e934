import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Parameter } from '../../engine/aggregate/accumulator.ts'
import { mergePartials } from '../../engine/aggregate/merge.ts'
import { decodePartial, encodePartial } from '../../engine/aggregate/partial-bytes.ts'
import { StateBudget } from '../../engine/aggregate/state-budget.ts'
import { openAccumulator, wholeOfTime } from '../../engine/aggregate/stateful.ts'
import { STATEFUL_AGGREGATES } from '../../engine/aggregate/stateful-registry.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Expression, Literal } from '../../engine/core/expression.ts'
import type { AccumulatorInput, AggregatePlan, PartialAggregate } from '../../engine/core/plan.ts'
import { plainCells } from '../support/plain-answer.ts'
import { columnOf } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

const FIELDS = { f: 'f64', g: 'f64', i: 'i64', b: 'bool', s: 'string' } as const
const field = (name: keyof typeof FIELDS): Expression => ({ kind: 'column', name, source: 'field', type: FIELDS[name] })

const VALUES: Readonly<Record<Parameter['kind'], Literal>> = { number: 0.7, count: 3, duration: 20n, text: 'locf' }

/** A call of every aggregate. */
const ACCUMULATORS: readonly AccumulatorInput[] = [...new Set(STATEFUL_AGGREGATES.values())].map((aggregate, k) => ({
  aggregate: aggregate.name,
  inputs: aggregate.inputs.map((kind, i) => {
    if (kind === 'condition') return field('b')
    if (kind === 'bound' || kind === 'text') return field('s')
    if (kind === 'number') return field(i === 0 ? 'f' : 'g')
    return field((['s', 'i', 'f', 'b'] as const)[(k + i) % 4] ?? 's')
  }),
  parameters: aggregate.parameters.map(({ kind }) => VALUES[kind]),
}))

const PLAN: AggregatePlan = {
  kind: 'aggregate',
  table: 't',
  matchers: [],
  start: -25n,
  end: 40n,
  window: { origin: 0n, width: 10n },
  by: ['group'],
  inputs: [],
  accumulators: ACCUMULATORS,
  lookBack: 20n,
}

const rowArbitrary: fc.Arbitrary<FixtureRow> = fc.record({
  time: fc.bigInt({ min: -40n, max: 40n }),
  tags: fc.record({ host: fc.constantFrom('a', 'b', 'c', 'd'), group: fc.constantFrom('', 'x', 'é') }),
  fields: fc.record({
    f: fc.option(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0.5, 1e9, -3.25))),
    g: fc.option(fc.integer({ min: 1, max: 9 })),
    i: fc.option(fc.bigInt({ min: -3n, max: 3n })),
    b: fc.option(fc.boolean()),
    s: fc.option(fc.constantFrom('0.5', '1', '+Inf', '\u{1f30a}', '\uffff')),
  }),
})
const rowsArbitrary = fc.uniqueArray(rowArbitrary, {
  selector: ({ time, tags }) => `${time} ${tags?.host} ${tags?.group}`,
  maxLength: 80,
})

const aggregateOf = (rows: readonly FixtureRow[]): Promise<PartialAggregate> =>
  new TableFixture({ t: { fields: FIELDS, rows } }).aggregate(PLAN)

const answers = (partial: PartialAggregate): unknown => plainCells(partial, ACCUMULATORS)

/** The same but for the last digits of sums. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => alike(each, b[i]))
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    return alike(Object.entries(a).flat(), Object.entries(b).flat())
  }
  return isDeepStrictEqual(a, b)
}

describe('every aggregate with states of its own', () => {
  test('gives for parts of the series, merged, what it gives for all', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        const hosts = ['a', 'b', 'c', 'd'].map((host) => rows.filter(({ tags }) => tags?.host === host))
        const merged = mergePartials(await Promise.all(hosts.map(aggregateOf)), ACCUMULATORS)
        const [found, wanted] = [answers(merged), answers(mergePartials([await aggregateOf(rows)], ACCUMULATORS))]
        if (!alike(found, wanted)) expect(found).toEqual(wanted)
      }),
      { numRuns: 150 },
    )
  })

  test('has states that are the same after they were bytes', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        const partial = await aggregateOf(rows)
        const read = decodePartial(encodePartial(partial))
        expect(read.accumulated?.map(({ offsets }) => offsets)).toEqual(
          partial.accumulated?.map(({ offsets }) => offsets),
        )
        expect(answers(read)).toStrictEqual(answers(partial))
      }),
      { numRuns: 50 },
    )
  })

  test('refuses bytes that are cut or changed anywhere', async () => {
    const rows = fc.sample(rowsArbitrary, { seed: 7, numRuns: 1 })[0]?.slice(0, 6) ?? []
    const bytes = encodePartial(await aggregateOf(rows))
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodePartial(bytes.subarray(0, end)), `cut at ${end}`).toThrow(TidemarkError)
    }
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodePartial(changed), `bit ${bit}`).toThrow(TidemarkError)
    }
  })

  test.each(ACCUMULATORS)('$aggregate refuses to keep more than its budget', (input) => {
    const place = { budget: new StateBudget(200), windowOf: wholeOfTime }
    const states = openAccumulator(input, place)
    const take = (): void => {
      for (let row = 0; row < 5000; row++) {
        const columns = input.inputs.map((expression) => {
          const type = 'type' in expression ? expression.type : 'bool'
          if (type === 'string') return columnOf('', 'string', [String(row)])
          return columnOf('', type === 'null' ? 'f64' : type, [type === 'i64' ? BigInt(row) : row])
        })
        states.update({ cells: Uint32Array.of(row >> 1), times: BigInt64Array.of(BigInt(row)), columns })
      }
      states.states(new Uint32Array())
    }
    expect(take).toThrow(expect.objectContaining({ kind: 'quota' }))
  })
})

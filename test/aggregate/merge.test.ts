import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergePartials } from '../../engine/aggregate/merge.ts'
import { decodePartial, encodePartial } from '../../engine/aggregate/partial-bytes.ts'
import { createStates } from '../../engine/aggregate/states.ts'
import { updateStates } from '../../engine/aggregate/update.ts'
import { type Column, type FieldType, valueAt } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AggregatePlan, InputStates, Measure, PartialAggregate } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { columnOf, type Value } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

const TYPES: Readonly<Record<string, FieldType>> = { f: 'f64', i: 'i64', b: 'bool', s: 'string' }
const numeric: readonly Measure[] = ['sum', 'min', 'max', 'first', 'last', 'moments']
const other: readonly Measure[] = ['min', 'max', 'first', 'last']

const PLAN: AggregatePlan = {
  kind: 'aggregate',
  table: 't',
  matchers: [],
  start: MIN_TIME,
  end: MAX_TIME,
  window: { origin: 0n, width: 10n },
  by: ['host'],
  inputs: Object.entries(TYPES).map(([name, type]) => ({
    expression: { kind: 'column', name, source: 'field', type },
    measures: type === 'f64' || type === 'i64' ? numeric : other,
  })),
}

const rowArbitrary: fc.Arbitrary<FixtureRow> = fc.record({
  time: fc.bigInt({ min: -30n, max: 30n }),
  tags: fc.record({ host: fc.constantFrom('', 'a', 'b', 'é') }),
  fields: fc.record({
    f: fc.option(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(Number.NaN, 0.5, 1e9))),
    i: fc.option(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })),
    b: fc.option(fc.boolean()),
    s: fc.option(fc.constantFrom('x', 'y', '', '\u{1f30a}', '\uffff')),
  }),
})

const aggregateOf = (rows: readonly FixtureRow[]): Promise<PartialAggregate> =>
  new TableFixture({ t: { fields: TYPES, rows } }).aggregate(PLAN)

/** The states as plain values; sums are compared as the value that both parts make. */
function plainStates({ type, count, ...states }: InputStates): Record<string, unknown>[] {
  return [...count].map((values, cell) => {
    if (values === 0) return { values }
    const at = (column: Column | undefined): Value => (column ? valueAt({ ...column, type } as Column, cell) : null)
    const exact = type === 'i64' ? BigInt(states.sumHigh?.[cell] ?? 0) + BigInt(states.sumLow?.[cell] ?? 0) : null
    const sum = (states.sumHigh?.[cell] ?? 0) + (states.sumLow?.[cell] ?? 0)
    return {
      values,
      sum: exact ?? sum,
      min: at(states.min),
      max: at(states.max),
      first: at(states.first),
      firstTime: states.firstTime?.[cell],
      last: at(states.last),
      lastTime: states.lastTime?.[cell],
    }
  })
}

function plain(partial: PartialAggregate): unknown {
  return {
    groups: partial.groups,
    cells: [...partial.cellGroup].map((group, i) => [group, partial.cellWindow[i], partial.rows[i]]),
    inputs: partial.inputs.map(plainStates),
  }
}

describe('mergePartials', () => {
  test('partials of parts of the rows merge to the aggregate of all', async () => {
    const uniqueRows = fc.uniqueArray(rowArbitrary, {
      selector: ({ time, tags }) => `${time} ${tags?.host}`,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(uniqueRows, fc.infiniteStream(fc.nat(3)), async (rows, parts) => {
        // By time and series, so that the earlier part also has the earlier of two rows at one time.
        const cuts = rows.map(() => parts.next().value ?? 0)
        const split = [0, 1, 2, 3].map((part) => rows.filter((_, i) => cuts[i] === part))
        const ordered = new Set(rows.map(({ time }) => time)).size === rows.length
        fc.pre(ordered)
        const merged = mergePartials(await Promise.all(split.map(aggregateOf)))
        const whole = await aggregateOf(rows)
        expect(plain(merged)).toEqual(plain(whole))
        merged.inputs.forEach((input, k) => {
          input.m2?.forEach((m2, cell) => {
            const wanted = whole.inputs[k]?.m2?.[cell] ?? Number.NaN
            if (input.count[cell] !== 0)
              expect(
                Number.isNaN(m2) ? Number.isNaN(wanted) : Math.abs(m2 - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)),
              ).toBe(true)
          })
        })
      }),
      { numRuns: 200 },
    )
  })

  test('of equal times the greater value is the first and the last, whatever the order of partials', async () => {
    const at = (f: number): FixtureRow => ({ time: 5n, tags: { host: 'a' }, fields: { f } })
    const merged = mergePartials([await aggregateOf([at(1)]), await aggregateOf([at(2)]), await aggregateOf([at(3)])])
    expect([...(merged.inputs[0]?.first?.values ?? [])]).toEqual([3])
    expect([...(merged.inputs[0]?.last?.values ?? [])]).toEqual([3])
  })

  test('a single partial with its groups out of order is sorted', () => {
    const partial: PartialAggregate = {
      groups: [['b'], ['a']],
      cellGroup: Uint32Array.of(0, 1),
      cellWindow: BigInt64Array.of(0n, 0n),
      rows: Float64Array.of(1, 2),
      inputs: [],
    }
    expect(plain(mergePartials([partial]))).toEqual({
      groups: [['a'], ['b']],
      cells: [
        [0, 0n, 2],
        [1, 0n, 1],
      ],
      inputs: [],
    })
  })
})

describe('updateStates', () => {
  test('row by row it keeps what the reference keeps', async () => {
    const uniqueTimes = fc.uniqueArray(rowArbitrary, { selector: ({ time }) => time, minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(uniqueTimes, async (rows) => {
        const cells = Uint32Array.from(rows, () => 0)
        const times = BigInt64Array.from(rows, ({ time }) => time)
        const whole = await new TableFixture({ t: { fields: TYPES, rows } }).aggregate({
          ...PLAN,
          by: [],
          window: { origin: -100n, width: 1000n },
        })
        Object.entries(TYPES).forEach(([name, type], k) => {
          const states = createStates(type, PLAN.inputs[k]?.measures ?? [], 1)
          updateStates(
            states,
            columnOf(
              name,
              type,
              rows.map(({ fields }) => fields[name] ?? null),
            ),
            { cells, times },
          )
          expect(plainStates(states)).toEqual(plainStates(whole.inputs[k] as InputStates))
        })
      }),
      { numRuns: 200 },
    )
  })
})

describe('the byte form of a partial aggregate', () => {
  test('reads back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { maxLength: 30 }), async (rows) => {
        const partial = await aggregateOf(rows)
        expect(plain(decodePartial(encodePartial(partial)))).toEqual(plain(partial))
      }),
      { numRuns: 100 },
    )
  })

  test('is refused where it was cut anywhere or any bit was flipped', async () => {
    const rows = [1n, 2n, 30n].map(
      (time): FixtureRow => ({ time, tags: { host: 'a' }, fields: { f: 1, i: 2n, b: true, s: 'x' } }),
    )
    const bytes = encodePartial(await aggregateOf(rows))
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePartial(bytes.subarray(0, length))).toThrow(TidemarkError)
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodePartial(damaged)).toThrow(TidemarkError)
    }
  })

  test.each([
    '',
    '{',
    'null',
    '{"cells":-1,"groups":[],"inputs":[]}',
    '{"cells":1,"groups":[],"inputs":[{}]}',
    '{"cells":9e9,"groups":[],"inputs":[]}',
  ])('is refused with the head %s, though its checksum is right', (head) => {
    const text = new TextEncoder().encode(head)
    const bytes = new Uint8Array(16 + ((text.length + 7) & ~7))
    bytes.set(text, 16)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 0x41504d54, true)
    view.setUint32(4, 1, true)
    view.setUint32(12, text.length, true)
    view.setUint32(
      8,
      bytes.subarray(12).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0,
      true,
    )
    expect(() => decodePartial(bytes)).toThrow(TidemarkError)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Matcher } from '../../engine/core/matcher.ts'
import { encodeSeriesKey, type Tags } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const kernel = await Kernel.create(await loadCore())
const SERIES = 4000

/** Tags of few, some and many values; some series lack one. */
function tagsOf(i: number): Tags {
  const tags: [string, string][] = [
    ['host', `h${i}`],
    ['os', `o${i % 2}`],
    ['rack', `r${(i * 7) % 40}`],
  ]
  if (i % 3 !== 0) tags.push(['zone', `z-${i % 5}-${i % 11}`])
  return tags
}

function register(index: SeriesIndex, numbers: readonly number[]): Uint32Array {
  const keys = numbers.map((i) => encodeSeriesKey({ table: 't', tags: tagsOf(i) }))
  return index.registerKeys(packKeys(keys), new Uint8Array(keys.length))
}

function passes({ tag, ...matcher }: Matcher, tags: Tags): boolean {
  const value = tags.find(([name]) => name === tag)?.[1] ?? ''
  switch (matcher.op) {
    case '=':
      return value === matcher.value
    case '!=':
      return value !== matcher.value
    case 'in':
      return matcher.values.includes(value)
    case 'not in':
      return !matcher.values.includes(value)
    case '=~':
      return new RegExp(`^(?:${matcher.value})$`).test(value)
    case '!~':
      return !new RegExp(`^(?:${matcher.value})$`).test(value)
  }
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  host: ['h17', 'h3999', 'h12', 'none', ''],
  os: ['o0', 'o1', ''],
  rack: ['r3', 'r14', 'r39', ''],
  zone: ['z-1-4', 'z-2-2', ''],
}
const PATTERNS: Readonly<Record<string, readonly string[]>> = {
  host: ['.*99.', 'h1.*', 'h[0-4]+', '.*', 'h12|h13', '.+7'],
  os: ['o.', '.*1', ''],
  rack: ['r1.', 'r(3|4)', '.*4'],
  zone: ['z-1-.*', '.*-3', '', '(z-2.*)?'],
}

const matcher = fc.constantFrom('host', 'os', 'rack', 'zone').chain((tag): fc.Arbitrary<Matcher> => {
  const value = fc.constantFrom(...(VALUES[tag] ?? []))
  const values = fc.array(value, { minLength: 1, maxLength: 4 })
  const pattern = fc.constantFrom(...(PATTERNS[tag] ?? []))
  return fc.oneof(
    fc.record({ tag: fc.constant(tag), op: fc.constantFrom('=' as const, '!=' as const), value }),
    fc.record({ tag: fc.constant(tag), op: fc.constantFrom('in' as const, 'not in' as const), values }),
    fc.record({ tag: fc.constant(tag), op: fc.constantFrom('=~' as const, '!~' as const), value: pattern }),
  )
})

async function expectChosen(index: SeriesIndex, live: Iterable<number>, matchers: readonly Matcher[]): Promise<void> {
  const expected = [...live].filter((i) => matchers.every((one) => passes(one, tagsOf(i)))).map((i) => `h${i}`)
  const found = await index.select('t', matchers)
  expect(Array.from(found, (ref) => index.tags(ref)[0]?.[1]).sort()).toEqual(expected.sort())
}

test('matchers choose what a look at every series does, also after some were forgotten and others came', async () => {
  const index = new SeriesIndex(kernel)
  const refs = register(
    index,
    Array.from({ length: SERIES }, (_, i) => i),
  )
  const live = new Set(Array.from(refs.keys()))
  const check = () =>
    fc.assert(
      fc.asyncProperty(fc.array(matcher, { maxLength: 4 }), (matchers) => expectChosen(index, live, matchers)),
      { numRuns: 150 },
    )
  await check()
  const gone = refs.filter((_, i) => i % 9 < 4 || (i > 500 && i < 900))
  for (const ref of gone) live.delete(ref)
  index.unlink(gone)
  await check()
  index.free(gone)
  while (index.sweep(1000));
  await check()
  for (const [at] of register(
    index,
    Array.from({ length: 900 }, (_, i) => SERIES + i),
  ).entries())
    live.add(SERIES + at)
  await check()
}, 60_000)

test('a pattern that was asked before finds values that take the places of others', async () => {
  const index = new SeriesIndex(kernel)
  const refs = register(index, [1, 2, 3, 4])
  const pattern: Matcher = { tag: 'host', op: '=~', value: '.*[0-9]5' }
  index.unlink(refs.subarray(0, 2))
  index.free(refs.subarray(0, 2))
  while (index.sweep(1000));
  expect((await index.select('t', [pattern])).length).toBe(0)
  register(index, [15, 25])
  expect((await index.select('t', [pattern])).length).toBe(2)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { randomDecimal } from '../support/decimals.ts'
import { lineProtocol } from '../support/line-protocol-arbitrary.ts'
import { expectSameAsReference } from '../support/line-protocol-differential.ts'

const TEN_MINUTES_MS = 600_000

it('takes the same rows as the reference in millions of rows', { timeout: TEN_MINUTES_MS }, async () => {
  const kernel = await Kernel.create(await loadCore())
  const property = fc.property(fc.array(lineProtocol, { minLength: 1, maxLength: 3 }), (bodies) => {
    expectSameAsReference(kernel, bodies, 'ns')
  })
  fc.assert(property, { numRuns: 100_000 })
})

it('reads millions of decimals as JavaScript does', { timeout: TEN_MINUTES_MS }, async () => {
  const parser = new LineParser(await Kernel.create(await loadCore()))
  for (let round = 0; round < 300; round++) {
    const texts = fc.sample(randomDecimal, 10_000).filter((text) => Number.isFinite(Number(text)))
    const body = new TextEncoder().encode(texts.map((text) => `m f=${text}\n`).join(''))
    const result = parser.parse(body, { precision: 'ns', now: 0n })
    expect(result.rejected).toEqual([])
    expect(result.tables[0]?.fields[0]?.values).toEqual(Float64Array.from(texts, Number))
  }
})

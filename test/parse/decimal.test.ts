import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { HARD_DECIMALS, randomDecimal } from '../support/decimals.ts'

describe('decimals in line protocol', () => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await Kernel.create(await loadCore())
  })

  const parse = (texts: readonly string[]): { values: Float64Array; rejected: number } => {
    const body = new TextEncoder().encode(texts.map((text) => `m f=${text}\n`).join(''))
    const result = new LineParser(kernel).parse(body, { precision: 'ns', now: 0n })
    const column = result.tables[0]?.fields[0]
    if (column?.type !== 'f64') throw new Error('there is no column of floats')
    return { values: column.values, rejected: result.rejectedCount }
  }

  it('are rounded correctly where parsers have failed', () => {
    const texts = [...HARD_DECIMALS, ...HARD_DECIMALS.map((text) => `-${text}`)]
    expect(parse(texts)).toEqual({ values: Float64Array.from(texts, Number), rejected: 0 })
  })

  it('are rounded correctly with random digits, exponents and midpoints', () => {
    const property = fc.property(fc.array(randomDecimal, { minLength: 100, maxLength: 100 }), (texts) => {
      const finite = [...texts, '0'].filter((text) => Number.isFinite(Number(text)))
      expect(parse(finite)).toEqual({ values: Float64Array.from(finite, Number), rejected: 0 })
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('keep every power of ten from the smallest to the largest', () => {
    const texts = Array.from({ length: 640 }, (_, i) => `1e${i - 331}`)
    expect(parse(texts)).toEqual({ values: Float64Array.from(texts, Number), rejected: 0 })
  })

  it('are rejected from the first that rounds to infinity', () => {
    const largest =
      '1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070963302864166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713669596228429148198608349364752927190741684443655107043427115596995080930428801779041744977'
    expect(parse([`${largest}91`.slice(0, 309), '1']).rejected).toBe(0)
    expect(parse(['1.7976931348623159e308', `${largest}92`, '1e309', '1e999999999999', '1']).rejected).toBe(4)
  })

  it('take a million digits', () => {
    const texts = [`${'0'.repeat(500_000)}1.${'0'.repeat(500_000)}1`, `1${'0'.repeat(900_000)}e-900000`]
    expect(parse(texts)).toEqual({ values: Float64Array.of(1, 1), rejected: 0 })
  })
})

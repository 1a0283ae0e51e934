import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser, type LinePrecision } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { randomDecimal } from '../support/decimals.ts'
import { countLines, lineProtocolBodies } from '../support/line-protocol-corpus.ts'
import { expectSameAsReference } from '../support/line-protocol-differential.ts'

const HOUR_MS = 3_600_000
const LINES = 10_000_000
/** A parser's memory is its kernel's, which is given up after so many. */
const PARSERS_PER_KERNEL = 200
const BODIES_PER_PARSER = 4
const PRECISIONS: readonly LinePrecision[] = ['ns', 'ns', 'ns', 'us', 'ms', 's', 'm', 'h']
const SEED = 20_261_122

const { stackTraceLimit } = Error
beforeAll(() => {
  // The reference throws for every bad row.
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

it('takes the same rows as the reference in ten million lines', { timeout: HOUR_MS }, async () => {
  const bodies = lineProtocolBodies(SEED)
  const module = await loadCore()
  const total = { lines: 0, rows: 0, rejected: 0 }
  let kernel = await Kernel.create(module)
  for (let parsers = 1; total.lines < LINES; parsers++) {
    if (parsers % PARSERS_PER_KERNEL === 0) kernel = await Kernel.create(module)
    const some = Array.from({ length: BODIES_PER_PARSER }, () => bodies.next().value)
    const precision = PRECISIONS[parsers % PRECISIONS.length] ?? 'ns'
    const maxKeys = parsers % 5 === 0 ? 1 + (parsers % 7) : 1000
    const { rows, rejected } = expectSameAsReference(kernel, some, precision, { maxKeys, seed: [BigInt(parsers), 1n] })
    total.lines += some.reduce((lines, body) => lines + countLines(body), 0)
    total.rows += rows
    total.rejected += rejected
  }
  console.log(`${total.lines} lines: ${total.rows} rows taken, ${total.rejected} rejected, all as by the reference`)
  expect(total.rows).toBeGreaterThan(LINES / 10)
  expect(total.rejected).toBeGreaterThan(LINES / 100)
})

it('reads millions of decimals as JavaScript does', { timeout: HOUR_MS }, async () => {
  const parser = new LineParser(await Kernel.create(await loadCore()))
  for (let round = 0; round < 300; round++) {
    const texts = fc.sample(randomDecimal, 10_000).filter((text) => Number.isFinite(Number(text)))
    const body = new TextEncoder().encode(texts.map((text) => `m f=${text}\n`).join(''))
    const result = parser.parse(body, { precision: 'ns', now: 0n })
    expect(result.rejected).toEqual([])
    expect(result.tables[0]?.fields[0]?.values).toEqual(Float64Array.from(texts, Number))
  }
})

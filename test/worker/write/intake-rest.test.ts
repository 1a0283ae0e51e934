import { expect, test } from 'vitest'
import { collectRows, openEngine } from '../../../engine/engine.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { LineParser, type ParseOptions } from '../../../engine/kernel/line-parser.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { newKeysOf } from '../../support/parsed-rows.ts'

const SERIES = 150_000
const OPTIONS: ParseOptions = { precision: 'ns', now: 0n }
const utf8 = new TextEncoder()

/** A row of each series; its name is long, so that the parser's memory becomes large. */
const linesOf = (fields: string): string =>
  Array.from({ length: SERIES }, (_, i) => `m,host=${'h'.repeat(100)}${i} ${fields}\n`).join('')

test('a parser that is renewed gives its memory up, and knows nothing but what is declared to it', async () => {
  const parser = new LineParser(await Kernel.create(await loadCore()))
  const [small, body] = [parser.size, utf8.encode(linesOf('v=1i'))]
  expect(newKeysOf(parser.parse(body, OPTIONS)).length).toBe(SERIES)
  expect(parser.size).toBeGreaterThan(32 << 20)
  expect(parser.renew()).toBe(true)
  expect(parser.size).toBe(small)
  parser.declareField('m', 'v', 'i64')
  const { rejected, tables, newKeys } = parser.parse(utf8.encode('m,host=a v=2.5\nm,host=b v=3i\n'), OPTIONS)
  expect(rejected.map(({ line }) => line)).toEqual([1])
  expect([newKeys.first, tables[0]?.keys, tables[0]?.fields[0]?.values]).toEqual([
    0,
    Uint32Array.of(0),
    BigInt64Array.of(3n),
  ])
})

test('a parser is not renewed while a body is being parsed, also where the rest of it is not asked for', async () => {
  const parser = new LineParser(await Kernel.create(await loadCore()))
  const body = utf8.encode('m v=1i\nm v=2i\nm v=3i\n')
  for (const _ of parser.pieces(body, OPTIONS, 8)) {
    expect(parser.renew()).toBe(false)
    break
  }
  expect(parser.renew()).toBe(true)
})

test('after a flush in which nothing came rows of the same series and others are taken as before', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const append = (body: string) => engine.append({ kind: 'line-protocol', body })
  await append(linesOf('v=1i,w="a" 1'))
  await engine.flush()
  const wrong = await append(`m,host=x v=1.5 2\nm,w=x v=1i 2\nm,host=${'h'.repeat(100)}7 v=5i,u=true 2\nn,t=a f=1 2\n`)
  expect(wrong.rejected.map(({ line }) => line)).toEqual([1, 2])
  const rows = await collectRows(
    await engine.query(`SELECT count(v) AS n, sum(v) AS s FROM m WHERE host = '${'h'.repeat(100)}7'`),
  )
  expect(rows.columns.map(({ values }) => values[0])).toEqual([2n, 6n])
  expect((await engine.statistics()).series).toBe(SERIES + 1)
  await engine.close()
})

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeSeriesKey } from '../../engine/core/series.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import type { ParseResult } from '../../engine/kernel/parse-result.ts'
import { KeyNumbers } from '../../engine/worker/write/key-numbers.ts'
import { newKeysOf } from '../support/parsed-rows.ts'

const OPTIONS = { precision: 'ns', now: 0n } as const
const utf8 = new TextEncoder()

/** Host numbers of lines `m,host=N v=I`, resolved by what the parser tells, as a writer does. */
class HostReader {
  readonly numbers = new KeyNumbers()

  read(result: ParseResult): { hosts: number[]; values: bigint[] } {
    this.numbers.forgetBefore(result.firstKey)
    const hosts = newKeysOf(result).map(({ tags }) => Number(tags[0]?.[1]))
    this.numbers.setAll(result.newKeys.first, Uint32Array.from(hosts))
    return {
      hosts: result.tables.flatMap(({ keys }) => [...this.numbers.replace(keys)]),
      values: result.tables.flatMap(({ fields }) => Array.from(fields[0]?.values ?? [], BigInt)),
    }
  }
}

const linesOf = (hosts: readonly number[]): Uint8Array =>
  utf8.encode(hosts.map((host, i) => `m,host=${host} v=${i}i\n`).join(''))

describe('a parser that knows as many series as it may', () => {
  let module: WebAssembly.Module
  beforeAll(async () => {
    module = await loadCore()
  })

  it('forgets them all, tells those that come again as new, and takes every row', async () => {
    const parser = new LineParser(await Kernel.create(module), { maxKeys: 3 })
    const first = parser.parse(linesOf([1, 2, 3, 1]), OPTIONS)
    expect(newKeysOf(first).map(({ key }) => key)).toEqual([0, 1, 2])
    const second = parser.parse(linesOf([2, 4, 2, 5]), OPTIONS)
    expect([second.firstKey, second.rows, second.rejectedCount]).toEqual([0, 4, 0])
    expect(newKeysOf(second).map(({ key, canonical }) => [key, canonical])).toEqual(
      [4, 2, 5].map((host, i) => [3 + i, encodeSeriesKey({ table: 'm', tags: [['host', `${host}`]] })]),
    )
    expect([...(second.tables[0]?.keys ?? [])]).toEqual([1, 3, 4, 5])
    const third = parser.parse(linesOf([5]), OPTIONS)
    expect([third.firstKey, newKeysOf(third)]).toEqual([3, []])
    expect([...(third.tables[0]?.keys ?? [])]).toEqual([5])
  })

  it('gives each row the series that it names, whatever the limits', async () => {
    const bodies = fc.array(fc.array(fc.nat(12), { maxLength: 40 }), { maxLength: 6 })
    const limits = fc.record({
      maxKeys: fc.integer({ min: 1, max: 8 }),
      maxKeyBytes: fc.constantFrom(0, 1 << 16, 1 << 20),
    })
    const kernel = await Kernel.create(module)
    const property = fc.property(bodies, limits, (calls, options) => {
      const parser = new LineParser(kernel, options)
      const reader = new HostReader()
      for (const hosts of calls) {
        const { hosts: read, values } = reader.read(parser.parse(linesOf(hosts), OPTIONS))
        expect(read).toEqual(hosts)
        expect(values).toEqual(hosts.map((_, i) => BigInt(i)))
      }
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('keeps types and roles of fields and tags', async () => {
    const parser = new LineParser(await Kernel.create(module), { maxKeys: 1 })
    parser.parse(utf8.encode('m,a=1 v=1i\nm,a=2 v=2i\n'), OPTIONS)
    const { rejected, newTags } = parser.parse(utf8.encode('m,a=3 v=t\nm,v=1 w=1\nm a=1\n'), OPTIONS)
    expect(rejected.map(({ reason }) => reason)).toEqual([
      "field 'v' is an integer and cannot take a boolean",
      "'v' is a field of this table and cannot be a tag",
      "'a' is a tag of this table and cannot be a field",
    ])
    expect(newTags).toEqual([])
  })

  it('takes a million series in flat memory', async () => {
    const kernel = await Kernel.create(module)
    const parser = new LineParser(kernel, { maxKeyBytes: 1 << 22 })
    let bytes = 0
    for (let call = 0; call < 100; call++) {
      const hosts = Array.from({ length: 10_000 }, (_, i) => call * 10_000 + i)
      const result = parser.parse(linesOf(hosts), OPTIONS)
      expect([result.rows, newKeysOf(result).length]).toEqual([10_000, 10_000])
      if (call === 20) bytes = parser.size
    }
    expect(bytes).toBeGreaterThan(1 << 22)
    expect(parser.size).toBe(bytes)
  })
})

describe('the seed', () => {
  it('changes nothing of what is parsed', async () => {
    const kernel = await Kernel.create(await loadCore())
    const hosts = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 1000)
    const results = [
      [0n, 0n],
      [1n, 2n],
      [2n ** 64n - 1n, 2n ** 63n],
    ].map(([low = 0n, high = 0n]) => {
      const { newKeys, ...result } = new LineParser(kernel, { seed: [low, high] }).parse(linesOf(hosts), OPTIONS)
      return { ...result, newKeys: newKeysOf({ newKeys }) }
    })
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
  })
})

describe('new tags', () => {
  it('are told once for each table, without their escapes, and not where they were declared', async () => {
    const parser = new LineParser(await Kernel.create(await loadCore()))
    parser.declareTag('m n', 'known')
    const text = 'm\\ n,b\\ c=1,known=2 v=1\nm\\ n,b\\ c=2 v=1\no,b\\ c=1,empty= v=1\nm\\ n,bad=1 v=x\n'
    expect(parser.parse(utf8.encode(text), OPTIONS).newTags).toEqual([
      { table: 'm n', tag: 'b c' },
      { table: 'o', tag: 'b c' },
    ])
    expect(parser.parse(utf8.encode(text), OPTIONS).newTags).toEqual([])
  })
})

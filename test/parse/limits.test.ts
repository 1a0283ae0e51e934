import { beforeAll, describe, expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser, type LineParserOptions } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import type { ParseResult } from '../../engine/kernel/parse-result.ts'
import { newKeysOf } from '../support/parsed-rows.ts'

const ROW_BYTES = 1 << 20
const KEY_BYTES = 1 << 16

describe('the limits of line protocol', () => {
  let module: WebAssembly.Module
  beforeAll(async () => {
    module = await loadCore()
  })

  const parse = async (text: string, options: LineParserOptions = {}): Promise<ParseResult> => {
    const parser = new LineParser(await Kernel.create(module), options)
    return parser.parse(new TextEncoder().encode(text), { precision: 'ns', now: 0n })
  }
  const reasons = ({ rejected }: ParseResult): string[] => rejected.map(({ line, reason }) => `${line}: ${reason}`)
  /** A row with its newline. */
  const rowOf = (bytes: number): string => `m f="${'x'.repeat(bytes - 7)}"\n`

  it('a row has at most 1 MiB with its newline', async () => {
    const result = await parse(`m g=1\n${rowOf(ROW_BYTES)}${rowOf(ROW_BYTES + 1)}${rowOf(100)}`)
    expect(result.rows).toBe(3)
    expect(reasons(result)).toEqual(['3: a row may have 1048576 bytes at most'])
    expect(reasons(await parse(rowOf(ROW_BYTES + 2).trimEnd()))).toEqual(['1: a row may have 1048576 bytes at most'])
  })

  it('a row that spans lines has at most 1 MiB, and is rejected up to its first newline', async () => {
    const lines = 'xxxxxxx\n'.repeat(ROW_BYTES / 8)
    const result = await parse(`m f="${lines}"\nm f=1i\n`)
    expect(result.rows).toBe(1)
    expect(reasons(result)[0]).toBe('1: a row may have 1048576 bytes at most')
    expect((await parse(`m f="${lines.slice(16)}"\nm f="y"\n`)).rows).toBe(2)
  })

  it('a series key and a field key have at most 64 KiB each', async () => {
    const key = (bytes: number): string => `m,t=${'x'.repeat(bytes - 4)} f=1\n`
    const field = (bytes: number): string => `m ${'x'.repeat(bytes)}=1\n`
    const reason = 'a table with its tags, and a field key, may have 65536 bytes at most'
    const result = await parse(key(KEY_BYTES) + key(KEY_BYTES + 1) + field(KEY_BYTES) + field(KEY_BYTES + 1))
    expect(result.rows).toBe(2)
    expect(reasons(result)).toEqual([`2: ${reason}`, `4: ${reason}`])
  })

  it('a series has at most 256 tags', async () => {
    const row = (tags: number): string => `m${Array.from({ length: tags }, (_, i) => `,t${i}=x`).join('')} f=1\n`
    const result = await parse(row(256) + row(257))
    expect([result.rows, newKeysOf(result)[0]?.tags.length]).toEqual([1, 256])
    expect(reasons(result)).toEqual(['2: a series may have 256 tags at most'])
  })

  it('a table has at most 4096 names, and rejected rows use none up', async () => {
    const fields = (count: number): string => Array.from({ length: count }, (_, i) => `f${i}=1`).join(',')
    const result = await parse(`m,t=x ${fields(4096)}\nm,t=x ${fields(4095)}\nm,t=x g=1\nm,t=x f0=2\n`)
    expect([result.rows, result.tables.flatMap((part) => part.fields).length]).toEqual([2, 4095])
    const reason = 'a table may have 4096 different tags and fields at most'
    expect(reasons(result)).toEqual([`1: ${reason}`, `3: ${reason}`])
  })

  it('a parser has at most 65536 tables', async () => {
    const rows = Array.from({ length: 65536 }, (_, i) => `m${i} f=1\n`).join('')
    const result = await parse(`${rows}one f=1\nm1 f=2\n`)
    expect(result.rows).toBe(65537)
    expect(reasons(result)).toEqual(['65537: there are too many tables'])
  })

  it('the names of tables, tags and fields have 64 MiB, and what is known goes on', async () => {
    const row = (i: number): string => `${i % 2 ? 'm' : 'n'} ${String(i).padStart(KEY_BYTES, 'x')}=1\n`
    const result = await parse(`${Array.from({ length: 1060 }, (_, i) => row(i)).join('')}${row(0)}o f=1\n`)
    const taken = result.rows - 1
    expect(taken).toBeGreaterThan(1000)
    expect(taken).toBeLessThanOrEqual(1025)
    expect(result.rejectedCount).toBe(1061 - taken)
    expect(new Set(reasons(result).slice(0, -1))).toEqual(
      new Set(Array.from({ length: 1060 - taken }, (_, i) => `${taken + i + 1}: there are too many tags and fields`)),
    )
    expect(reasons(result).at(-1)).toBe('1062: there are too many tables')
  })

  it('takes a body in whatever windows it is read', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `m,t=${i % 100} f="${'y\n'.repeat(i % 300)}",g=${i}i ${i}\n`)
    const result = await parse(rows.join(''))
    expect([result.rows, result.rejectedCount]).toEqual([3000, 0])
    expect(result.tables.flatMap(({ time }) => [...time])).toEqual(Array.from(rows, (_, i) => BigInt(i)))
  })
})

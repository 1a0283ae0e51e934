import { beforeEach, expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { type NumberedKeys, rowsOf } from '../support/parsed-rows.ts'

const utf8 = new TextEncoder()
let parser: LineParser
let keys: Map<number, NumberedKeys>
let tables = 0
beforeEach(async () => {
  parser = new LineParser(await Kernel.create(await loadCore()))
  keys = new Map()
})

/** The fields of the rows of a text, whose table `m` is a new one, and how many rows were rejected. */
function take(text: string): { fields: unknown[]; rejected: number } {
  const ofTable = text.replace(/^m /gm, `m${tables++} `)
  const result = parser.parse(utf8.encode(ofTable), { precision: 'ns', now: 0n })
  const rows = [...rowsOf(result, keys).values()].flat()
  return { fields: rows.map(({ fields }) => Object.fromEntries(fields)), rejected: result.rejectedCount }
}

it('tells the expected field from one whose name differs in one byte, of any length', () => {
  for (let bytes = 1; bytes <= 70; bytes++) {
    const name = 'n'.repeat(bytes)
    for (let at = 0; at < bytes; at++) {
      const other = `${name.slice(0, at)}o${name.slice(at + 1)}`
      const { fields } = take(`m ${name}=1i 1\nm ${name}=2i 2\nm ${other}=3i 3\nm ${name}=4i 4\n`)
      expect(fields).toEqual([{ [name]: 1n }, { [name]: 2n }, { [other]: 3n }, { [name]: 4n }])
    }
    const { fields } = take(`m ${name}=1i 1\nm ${name}n=2i 2\nm ${name.slice(1)}p=3i 3\n`)
    expect(fields).toEqual([{ [name]: 1n }, { [`${name}n`]: 2n }, { [`${name.slice(1)}p`]: 3n }])
  }
})

it('takes integers of any length and sign where one is expected, before any separator', () => {
  for (const end of [',g=5i 7\n', ' 7\n', '\n', '\r\n', '  7\n']) {
    const second = end.startsWith(',') ? { g: 5n } : {}
    for (const digits of ['1234567890123456789', '0000000000000000007', '9'.repeat(18)]) {
      for (let count = 1; count <= digits.length; count++) {
        for (const text of [digits.slice(0, count), `-${digits.slice(0, count)}`]) {
          const { fields } = take(`m f=1i${end}m f=${text}i${end}m f=3i${end}`)
          expect(fields).toEqual([1n, BigInt(text), 3n].map((f) => ({ f, ...second })))
        }
      }
    }
  }
})

it('rejects an integer with any other byte in it where one is expected', () => {
  for (let count = 1; count <= 20; count++) {
    for (let at = 0; at < count; at++) {
      for (const byte of ['/', ':', '.', '+', 'x', 'i', 'e', 'ä', '\0']) {
        const text = `${'1'.repeat(at)}${byte}${'2'.repeat(count - at - 1)}i`
        const { fields, rejected } = take(`m f=1i 1\nm f=${text} 2\nm f=3i 3\n`)
        expect({ text, fields, rejected }).toEqual({ text, fields: [{ f: 1n }, { f: 3n }], rejected: 1 })
      }
    }
  }
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineChunks } from '../../engine/ingest/line-chunks.ts'

const utf8 = new TextEncoder()

async function cut(chunks: readonly Uint8Array[], maxBytes: number): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of lineChunks(chunks, maxBytes)) {
    expect(piece.length).toBeLessThanOrEqual(maxBytes)
    pieces.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(piece))
  }
  return pieces
}

describe('pieces of a stream of line protocol', () => {
  it('end with a row, with as many rows as fit', async () => {
    const text = utf8.encode('a b=1\n'.repeat(10))
    expect(await cut([text], 20)).toEqual(['a b=1\n'.repeat(3), 'a b=1\n'.repeat(3), 'a b=1\n'.repeat(3), 'a b=1\n'])
  })

  it('do not end within a string, though there is a newline in it', async () => {
    const rows = ['a b="x\ny z=1\n",c=2 1\n', 'a,t="q b="\\"\n" 2\n', 'a b=3\n']
    const text = utf8.encode(rows.join(''))
    for (let at = 0; at < text.length; at++) {
      expect((await cut([text.subarray(0, at), text.subarray(at)], 22)).join('|')).toBe(rows.join('|'))
    }
  })

  it('take no quotes seriously in comments, tables, tags and field keys', async () => {
    const rows = ['# "quoted\n', 'a"b,c="d e=1\n', 'f g"h=1\n']
    expect(await cut([utf8.encode(rows.join(''))], 14)).toEqual(rows)
  })

  it('are cut at a newline where a string is never closed, and anywhere where there is no newline', async () => {
    expect(await cut([utf8.encode('a b="x\nc d=1\n'.repeat(2))], 14)).toEqual(['a b="x\nc d=1\n', 'a b="x\nc d=1\n'])
    expect(await cut([utf8.encode('x'.repeat(25))], 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)])
  })

  it('are together what came in, however it was cut', async () => {
    const parts = fc.array(fc.stringMatching(/^[ab=" \n\\#,]*$/), { maxLength: 20 })
    const property = fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (texts, maxBytes) => {
      const pieces = await cut(
        texts.map((text) => utf8.encode(text)),
        maxBytes,
      )
      expect(pieces.join('')).toBe(texts.join(''))
    })
    await fc.assert(property, { numRuns: 300 })
  })
})

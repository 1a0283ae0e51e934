import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gunzipped } from '../../engine/ingest/gzip.ts'

const utf8 = new TextEncoder()

async function collect(source: Parameters<typeof gunzipped>[0], maxBytes?: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const options = maxBytes === undefined ? {} : { maxBytes }
  for await (const chunk of gunzipped(source, options)) text += decoder.decode(chunk, { stream: true })
  return text
}

describe('a stream that may be gzip', () => {
  const text = 'cpu,host=a u=1i 1\n'.repeat(500)

  it('is decompressed where it begins as gzip does, wherever it is cut', async () => {
    const packed = gzipSync(text)
    for (let cut = 0; cut < 20; cut++) expect(await collect([packed.subarray(0, cut), packed.subarray(cut)])).toBe(text)
    expect(await collect(new Blob([new Uint8Array(packed)]))).toBe(text)
  })

  it('is passed on as it is otherwise', async () => {
    expect(await collect([utf8.encode(text)])).toBe(text)
    expect(await collect([])).toBe('')
    expect(await collect([Uint8Array.of(0x1f)])).toBe('\x1f')
  })

  it('may have exactly `maxBytes`, and no more', async () => {
    expect(await collect([gzipSync(text)], text.length)).toBe(text)
    await expect(collect([gzipSync(text)], text.length - 1)).rejects.toMatchObject({ kind: 'quota' })
    await expect(collect([utf8.encode(text)], text.length - 1)).rejects.toMatchObject({ kind: 'quota' })
  })

  it('does not unfold a bomb beyond the limit', async () => {
    const bomb = gzipSync(new Uint8Array(64 << 20))
    await expect(collect([bomb], 1 << 20)).rejects.toMatchObject({ kind: 'quota' })
  })

  it('is corrupt wherever it ends early', async () => {
    const packed = gzipSync('short')
    for (let end = 2; end < packed.length; end++) {
      await expect(collect([packed.subarray(0, end)])).rejects.toMatchObject({ kind: 'corrupt' })
    }
  })

  it('with any bit flipped is corrupt, or the text: never another', async () => {
    const packed = gzipSync(text)
    // With another magic it is not gzip, and passed on as it is.
    for (let bit = 16; bit < packed.length * 8; bit++) {
      const damaged = Uint8Array.from(packed)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = await collect([damaged], 2 * text.length).catch((error: unknown) => error)
      if (read !== text) expect(read, `bit ${bit}`).toMatchObject({ name: 'TidemarkError' })
    }
  })
})

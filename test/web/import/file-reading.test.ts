import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fileBytes, guessKind, readSample } from '../../../web/import/file-reading.ts'

test.each([
  ['a.csv', '', 'csv'],
  ['a.CSV.gz', '', 'csv'],
  ['a.tsv', '', 'csv'],
  ['a.lp', '', 'line-protocol'],
  ['a.txt', '# comment\n\ncpu,host=a usage=1.5 1700000000000000000\n', 'line-protocol'],
  ['a.txt', 'cpu usage=1i\n', 'line-protocol'],
  ['a.txt', 'date,price\n2020-01-01,3\n', 'csv'],
  ['a.txt', 'date,open price=x\n', 'csv'],
  ['a.txt', 'time;value\n1;2\n', 'csv'],
] as const)('%s that begins %j is %s', (name, sample, kind) => {
  expect(guessKind(name, sample)).toBe(kind)
})

test('gzip is inflated whatever the name, and progress counts bytes of the file', async () => {
  const text = 'time,value\n'.repeat(10_000)
  const packed = new Uint8Array(gzipSync(text))
  let progress = 0
  const parts: Uint8Array[] = []
  const bytes = fileBytes(new Blob([packed]), (read) => {
    progress = read
  })
  for await (const part of bytes) parts.push(part)
  expect(Buffer.concat(parts).toString()).toBe(text)
  expect(progress).toBe(packed.length)
})

test('a sample ends with a whole line and is short', async () => {
  const line = 'é,123456\n'
  const sample = await readSample(new Blob([line.repeat(100_000)]))
  expect(sample.length).toBeLessThanOrEqual(128 * 1024)
  expect(sample.length % line.length).toBe(0)
  expect(await readSample(new Blob(['a,b']))).toBe('a,b')
})

import { beforeAll, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { ByteReader } from '../../engine/storage/byte-reader.ts'
import { ByteWriter } from '../../engine/storage/byte-writer.ts'
import { PACKED_WORDS, readPackedIntegers, writePackedWords } from '../../engine/storage/packed-column.ts'
import { PackedWords } from '../../engine/storage/packed-words.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

test.each([0, 1, PACKED_WORDS - 1, PACKED_WORDS, PACKED_WORDS + 1, 3 * PACKED_WORDS + 5])(
  '%i words are written as if all came at once, whether one by one or many of the same',
  (count) => {
    const words = Uint32Array.from({ length: count }, (_, i) => (i % 7 === 0 ? 0xffffffff : i >> 9))
    const list = new PackedWords(kernel)
    for (let i = 0; i < count; ) {
      let end = i + 1
      while (end < count && words[end] === words[i]) end++
      if (end - i > 1) list.pushTimes(words[i] as number, end - i)
      else list.push(words[i] as number)
      i = end
    }
    const [written, whole] = [new ByteWriter(), new ByteWriter()]
    list.write(written)
    writePackedWords(whole, words, kernel)
    expect(written.finish()).toEqual(whole.finish())
    const read = readPackedIntegers(new ByteReader(written.finish(), 'words'), count, kernel)
    expect(Uint32Array.from(read, Number)).toEqual(words)
  },
)

test('a run of one word that is longer than what is packed at a time comes whole', () => {
  const list = new PackedWords(kernel)
  list.push(3)
  list.pushTimes(9, 2 * PACKED_WORDS)
  const out = new ByteWriter()
  list.write(out)
  const read = readPackedIntegers(new ByteReader(out.finish(), 'words'), 1 + 2 * PACKED_WORDS, kernel)
  expect(Array.from(read.subarray(0, 3))).toEqual([3n, 9n, 9n])
  expect(read.subarray(1).every((word) => word === 9n)).toBe(true)
})

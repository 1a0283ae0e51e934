import type { SeriesIndex } from '../index/series-index.ts'
import { NONE } from '../kernel/index-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ByteWriter } from './byte-writer.ts'
import { PackedWords } from './packed-words.ts'

/** Words in front of the tags of a series that an index describes: shard, table, number of tags. */
const HEAD_WORDS = 3
const FIRST_SLOTS = 1024
const FIRST_SYMBOLS = 64

/** The texts of a segment, each once in the order in which they came, and which of them name its series. */
export class SegmentNames {
  readonly #index: SeriesIndex
  /** Open addressing: the index's symbol and 1, then the segment's. */
  #slots = new Uint32Array(2 * FIRST_SLOTS)
  #known = 0
  /** Texts that no series has, only fields. */
  readonly #others = new Map<string, number>()
  readonly #texts = new ByteWriter(1 << 16)
  #count = 0
  /** The index's symbols of the last texts, which are not in `#texts` yet. */
  readonly #fresh: number[] = []
  /** By series. */
  readonly shards: PackedWords
  readonly tags: PackedWords
  /** Symbols of the table, then of name and value of each tag, series after series. */
  readonly names: PackedWords
  /** Symbols of the series before, at the places of its words. */
  #last = new Uint32Array(FIRST_SYMBOLS)

  constructor(index: SeriesIndex, kernel: Kernel) {
    this.#index = index
    this.shards = new PackedWords(kernel)
    this.tags = new PackedWords(kernel)
    this.names = new PackedWords(kernel)
  }

  /** Adds series by their refs. */
  add(refs: Uint32Array): void {
    const words = this.#index.describe(refs)
    for (let at = 0, before = 0; at < words.length; ) {
      const tags = words[at + 2] as number
      this.shards.push(words[at] as number)
      this.tags.push(tags)
      // Series that follow each other have most texts in common.
      const isAlike = at > 0 && words[before + 2] === tags
      const end = at + HEAD_WORDS + 2 * tags
      if (end - at > this.#last.length) this.#last = new Uint32Array(2 * (end - at))
      for (let i = at + 1; i < end; i++) {
        if (i === at + 2) continue
        const word = words[i] as number
        if (!isAlike || word !== words[before + i - at]) this.#last[i - at] = this.#symbolOf(word)
        this.names.push(this.#last[i - at] as number)
      }
      before = at
      at = end
    }
    this.#takeFresh()
  }

  /** The symbol of a text. */
  symbol(text: string): number {
    const known = this.#index.symbolOf(text)
    if (known !== NONE) {
      const symbol = this.#symbolOf(known)
      this.#takeFresh()
      return symbol
    }
    const other = this.#others.get(text)
    if (other !== undefined) return other
    this.#others.set(text, this.#count)
    this.#texts.text(text)
    return this.#count++
  }

  /** Writes how many texts there are, and the texts. */
  writeTexts(out: ByteWriter): void {
    out.varint(this.#count)
    out.bytes(this.#texts.written())
  }

  /** The segment's symbol of one of the index. */
  #symbolOf(symbol: number): number {
    const slots = this.#slots
    const mask = (slots.length >> 1) - 1
    let slot = Math.imul(symbol, 0x9e3779b1) >>> 7
    for (; ; slot++) {
      const at = 2 * (slot & mask)
      const known = slots[at] as number
      if (known === symbol + 1) return slots[at + 1] as number
      if (known !== 0) continue
      slots[at] = symbol + 1
      slots[at + 1] = this.#count
      this.#fresh.push(symbol)
      if (2 * ++this.#known > mask) this.#grow()
      return this.#count++
    }
  }

  #grow(): void {
    const before = this.#slots
    const mask = before.length - 1
    this.#slots = new Uint32Array(2 * before.length)
    for (let from = 0; from < before.length; from += 2) {
      const symbol = before[from] as number
      if (symbol === 0) continue
      let slot = Math.imul(symbol - 1, 0x9e3779b1) >>> 7
      while (this.#slots[2 * (slot & mask)] !== 0) slot++
      this.#slots[2 * (slot & mask)] = symbol
      this.#slots[2 * (slot & mask) + 1] = before[from + 1] as number
    }
  }

  #takeFresh(): void {
    if (this.#fresh.length === 0) return
    this.#texts.bytes(this.#index.texts(Uint32Array.from(this.#fresh)))
    this.#fresh.length = 0
  }
}

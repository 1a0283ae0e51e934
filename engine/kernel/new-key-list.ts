import { KeyList } from './key-list.ts'
import type { NewKeys } from './parse-result.ts'
import type { ParserExports } from './parser-exports.ts'

/** Keys of one call; wasm/parse/parser.ts. */
const KEYS_AT_ONCE = 1024
const noBytes = new Uint8Array()

/** Series keys that a parser meets for the first time, in memory that is used again for the next ones. */
export class NewKeyList {
  readonly #core: ParserExports
  readonly #keys = new KeyList()
  /** By key; longer than there are keys. */
  #hashes: Uint8Array = noBytes

  constructor(core: ParserExports) {
    this.#core = core
  }

  /** The keys, as views, until `clear`; the parser has told all of its new ones. */
  get all(): NewKeys {
    const { length, batch } = this.#keys
    return { first: this.#core.parserKeyCount() - length, keys: batch, hashes: this.#hashes.subarray(0, length) }
  }

  clear(): void {
    this.#keys.clear()
  }

  /** Takes what the parser has to tell. */
  take(): void {
    const total = this.#core.parserNewKeys()
    for (let told = 0; told < total; ) {
      const count = this.#core.parserDescribeKeys(told)
      const { buffer } = this.#core.memory
      const at = this.#core.parserKeys()
      const ends = new Uint32Array(buffer, at, count)
      const bytes = new Uint8Array(buffer, at + 5 * KEYS_AT_ONCE, ends[count - 1])
      this.#addHashes(new Uint8Array(buffer, at + 4 * KEYS_AT_ONCE, count))
      this.#keys.addAll({ bytes, ends })
      told += count
    }
    this.#core.parserClearKeys()
  }

  /** Before their keys. */
  #addHashes(hashes: Uint8Array): void {
    const count = this.#keys.length
    const needed = count + hashes.length
    if (needed > this.#hashes.length) {
      const grown = new Uint8Array(Math.max(KEYS_AT_ONCE, needed, 2 * this.#hashes.length))
      grown.set(this.#hashes.subarray(0, count))
      this.#hashes = grown
    }
    this.#hashes.set(hashes, count)
  }
}

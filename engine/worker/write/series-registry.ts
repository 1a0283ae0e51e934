import { TidemarkError } from '../../core/errors.ts'
import type { TableRows } from '../../core/rows.ts'
import { decodeSeriesKey, keyText } from '../../core/series.ts'
import { RecentCache } from '../../index/recent-cache.ts'
import { RefSet } from '../../index/ref-set.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { chosenKeys, type KeyBatch, packKeys, unpackKeys } from '../../kernel/key-batch.ts'
import type { LoggedSeries } from '../../storage/record.ts'
import type { HostPort } from '../shard/host-port.ts'
import { SHARDS } from '../shard/shard-host.ts'
import { KeysAtHand } from './keys-at-hand.ts'
import type { SeriesQuota } from './series-quota.ts'

/** The number of a series that was refused. */
export const REFUSED: number = 2 ** 32 - 1

/** Series whose numbers are kept by their keys: those of rows that come by column again and again. */
const MAX_CACHED_KEYS = 8192
const noRefs = new Uint32Array(0)

/**
 * The writer's numbers of series: those that the log uses. The hosts know the series by their keys; a number is no more than a host and its
 * ref: `first + ref * hosts + host`. So nothing is kept of a series but a bit: whether the log names its key since the last cut.
 */
export class SeriesRegistry {
  readonly #kernel: Kernel
  readonly #hosts: readonly HostPort[]
  /** Where series are limited. */
  readonly quota: SeriesQuota | undefined
  /** Resolves when the quota knows what series there were. */
  #counted: Promise<void> | undefined
  #first = 0
  /** Numbers whose keys the log names since the last cut. */
  readonly #named = new RefSet()
  readonly #recent = new RecentCache<string, number>(MAX_CACHED_KEYS)
  readonly #keys = new KeysAtHand()

  constructor(kernel: Kernel, hosts: readonly HostPort[], quota?: SeriesQuota) {
    this.#kernel = kernel
    this.#hosts = hosts
    this.quota = quota
  }

  /**
   * Numbers of series by their canonical keys, new ones where they are not known, `REFUSED` beyond the quota; their hosts know them
   * when this resolves. Those that come again and again are remembered.
   */
  async numbersOf(keys: readonly Uint8Array[]): Promise<Uint32Array> {
    const texts = keys.map(keyText)
    const numbers = Uint32Array.from(texts, (text) => this.#recent.find(text) ?? REFUSED)
    const unknown = [...numbers.keys()].filter((i) => numbers[i] === REFUSED)
    if (unknown.length === 0) return numbers
    const found = await this.admitKeys(packKeys(unknown.map((i) => keys[i] as Uint8Array)))
    unknown.forEach((i, at) => {
      const number = found[at] as number
      numbers[i] = number
      if (number !== REFUSED) this.#recent.set(texts[i] as string, number)
    })
    return numbers
  }

  /** The same of keys that hardly come again; `hashes` are first bytes of their SHA-256, where they are known. */
  async admitKeys(keys: KeyBatch, hashes?: Uint8Array): Promise<Uint32Array> {
    const { quota } = this
    if (quota === undefined) return this.#number(keys, { keep: true, hashes })
    this.#counted ??= quota.count(this.#hosts)
    await this.#counted
    const known = await this.#knownKeys(keys)
    const admitted: number[] = []
    for (const [i, key] of unpackKeys(keys).entries())
      if (known[i] === 1 || quota.admit(decodeSeriesKey(key)?.table ?? '')) admitted.push(i)
    const found = await this.#number(chosenKeys(keys, admitted), { keep: true })
    const numbers = new Uint32Array(keys.ends.length).fill(REFUSED)
    for (const [at, i] of admitted.entries()) numbers[i] = found[at] as number
    return numbers
  }

  /** Which keys have a series, 1 or 0; those that come more than once count as known after the first. */
  async #knownKeys(keys: KeyBatch): Promise<Uint8Array> {
    const shards = this.#shardsOf(keys)
    const found = await Promise.all(this.#hosts.map((host) => host.knows(keys, shards)))
    const met = new Set<string>()
    return Uint8Array.from(unpackKeys(keys), (key, i) => {
      const text = keyText(key)
      const isKnown = met.has(text) || found[(shards[i] as number) % this.#hosts.length]?.[i] === 1
      met.add(text)
      return isKnown ? 1 : 0
    })
  }

  #shardsOf(keys: KeyBatch, hashes = this.#kernel.firstHashBytes(keys)): Uint8Array {
    return hashes.map((byte) => byte % SHARDS)
  }

  /** Numbers of canonical keys, new ones where they are not known, whatever the quota. Throws `quota` where numbers are used up, which takes a new start. */
  async numbersOfKeys(keys: KeyBatch): Promise<Uint32Array> {
    return this.#number(keys, { keep: false })
  }

  /** Numbers of keys; `keep` keeps these at hand for the record that names them. */
  async #number(
    keys: KeyBatch,
    { keep, hashes }: { keep: boolean; hashes?: Uint8Array | undefined },
  ): Promise<Uint32Array> {
    const shards = this.#shardsOf(keys, hashes)
    const numbers = new Uint32Array(keys.ends.length)
    if (this.#hosts.length === 1) numbers.set(await this.#register(keys, shards, 0))
    else {
      const places: number[][] = this.#hosts.map(() => [])
      for (const [i, shard] of shards.entries()) places[shard % this.#hosts.length]?.push(i)
      await Promise.all(
        places.map(async (own, host) => {
          if (own.length === 0) return
          const chosen = Uint8Array.from(own, (i) => shards[i] as number)
          const found = await this.#register(chosenKeys(keys, own), chosen, host)
          for (const [at, i] of own.entries()) numbers[i] = found[at] as number
        }),
      )
    }
    if (keep) this.#keys.add(numbers, keys, this.#named)
    return numbers
  }

  async #register(keys: KeyBatch, shards: Uint8Array, host: number): Promise<Uint32Array> {
    const refs = (await this.#hosts[host]?.register(keys, shards)) ?? noRefs
    for (let i = 0; i < refs.length; i++) refs[i] = this.#numberOf(refs[i] as number, host)
    return refs
  }

  hostOf(number: number): number {
    return (number - this.#first) % this.#hosts.length
  }

  refOf(number: number): number {
    return ((number - this.#first) / this.#hosts.length) >>> 0
  }

  /** Puts refs in place of numbers. */
  replaceByRefs(numbers: Uint32Array): void {
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.refOf(numbers[i] as number)
  }

  /** Refs of numbers; the same array where they are the same. */
  refsOf(numbers: Uint32Array): Uint32Array {
    if (this.#first === 0 && this.#hosts.length === 1) return numbers
    const refs = new Uint32Array(numbers.length)
    for (let i = 0; i < numbers.length; i++) refs[i] = this.refOf(numbers[i] as number)
    return refs
  }

  /**
   * Of the series of some rows those that the log does not name yet, each once, with the keys; from now on it does. `undefined` where a key
   * is not at hand: `loadKeys` gets it. The record has to be appended before anything else happens:
   * the keys are views.
   */
  takeUnnamed(tables: readonly Pick<TableRows, 'series'>[]): LoggedSeries | undefined {
    const added = tables.flatMap(({ series }) => this.#named.addAll(series))
    const keys = this.#keys.of(added)
    if (keys === undefined) for (const one of added) this.#named.remove(one)
    else this.#keys.clear()
    return keys && { numbers: new Uint32Array(added), keys }
  }

  /** Gets the keys of those series of some rows that the log does not name, from their hosts. */
  async loadKeys(tables: readonly Pick<TableRows, 'series'>[]): Promise<void> {
    const unnamed = new Set<number>()
    for (const { series } of tables) {
      for (const number of series) if (!this.#named.has(number) && !this.#keys.has(number)) unnamed.add(number)
    }
    const numbers = [...unnamed]
    const keys = await this.keysOf(numbers)
    this.#keys.add(Uint32Array.from(numbers), packKeys(keys), this.#named)
  }

  /** Canonical keys of series, from their hosts, in the order of the numbers. */
  async keysOf(numbers: readonly number[]): Promise<Uint8Array[]> {
    const places: number[][] = this.#hosts.map(() => [])
    numbers.forEach((number, i) => void places[this.hostOf(number)]?.push(i))
    const keys: Uint8Array[] = new Array(numbers.length)
    await Promise.all(
      places.map(async (own, host) => {
        if (own.length === 0) return
        const refs = Uint32Array.from(own, (i) => this.refOf(numbers[i] as number))
        const batch = await this.#hosts[host]?.keysOf(refs)
        const found = batch ? unpackKeys(batch) : []
        own.forEach((i, at) => {
          keys[i] = found[at] as Uint8Array
        })
      }),
    )
    return keys
  }

  /** Series may have been forgotten by their hosts: they are asked for every key again. Nobody has a number that no row has yet. */
  forgetSeries(): void {
    this.#recent.clear()
    this.#keys.clear()
    this.#counted = undefined
    this.quota?.clear()
  }

  /** From now on the log has to name every key again, since what it held so far may go. */
  forgetNamed(): void {
    this.#named.clear()
  }

  /**
   * Numbers that were given out so far mean nothing any more; those of the same series and of others go on from here. A log
   * that has used the numbers below for other series, and lost a record, can then not mistake one for the other.
   */
  startNumbersAt(first: number): void {
    this.#first = first
    this.#recent.clear()
    this.#keys.clear()
    this.#named.clear()
  }

  #numberOf(ref: number, host: number): number {
    const number = this.#first + ref * this.#hosts.length + host
    if (number < REFUSED) return number
    throw new TidemarkError('quota', 'the numbers of series are used up', { hint: 'Open the store again.' })
  }
}

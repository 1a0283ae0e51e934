import { encodeSeriesKey, keyText, type Series } from '../core/series.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { LoggedSeries } from '../storage/record.ts'
import type { HostPort } from './host-port.ts'
import { shardOf } from './shard-host.ts'

/**
 * The writer's numbers of series: those that the log uses, dense from some number on. For each it knows the host and the host's ref, and
 * whether the log names its key since the last cut.
 */
export class SeriesRegistry {
  readonly #kernel: Kernel
  readonly #hosts: readonly HostPort[]
  /** Place of each key in the lists that follow. */
  readonly #places = new Map<string, number>()
  /** Number of the series at place 0. */
  #first = 0
  readonly #keys: Uint8Array[] = []
  readonly #hostOf: number[] = []
  #refOf = new Uint32Array(1024)
  /** By place, 1 where the log names the key since the last cut. */
  #named = new Uint8Array(1024)
  #registering: Promise<unknown> = Promise.resolve()

  constructor(kernel: Kernel, hosts: readonly HostPort[]) {
    this.#kernel = kernel
    this.#hosts = hosts
  }

  /** Numbers of series, new ones where they are not known; their hosts know them when this resolves. */
  async numbersOf(series: readonly Series[]): Promise<Uint32Array> {
    return this.numbersOfKeys(series.map(encodeSeriesKey))
  }

  async numbersOfKeys(keys: readonly Uint8Array[]): Promise<Uint32Array> {
    const newOnes: number[][] = this.#hosts.map(() => [])
    const numbers = Uint32Array.from(keys, (key) => {
      const text = keyText(key)
      const known = this.#places.get(text)
      if (known !== undefined) return this.#first + known
      const place = this.#keys.push(key) - 1
      const host = shardOf(key, this.#kernel) % this.#hosts.length
      this.#places.set(text, place)
      this.#hostOf[place] = host
      newOnes[host]?.push(place)
      return this.#first + place
    })
    const registered = this.#register(newOnes)
    // Another call may be waiting for the refs of series that this one knows already.
    this.#registering = Promise.all([this.#registering, registered])
    await this.#registering
    return numbers
  }

  hostOf(number: number): number {
    return this.#hostOf[number - this.#first] as number
  }

  refOf(number: number): number {
    return this.#refOf[number - this.#first] as number
  }

  refsOf(numbers: Uint32Array): Uint32Array {
    const refs = new Uint32Array(numbers.length)
    for (let i = 0; i < numbers.length; i++) refs[i] = this.#refOf[(numbers[i] as number) - this.#first] as number
    return refs
  }

  /** Of some numbers those whose keys the log does not name yet, each once, with the keys; from now on it does. */
  takeUnnamed(numbers: Uint32Array): LoggedSeries[] {
    const unnamed: LoggedSeries[] = []
    if (this.#named.length < this.#keys.length)
      this.#named = grownTo(this.#named, new Uint8Array(2 * this.#keys.length))
    for (const number of numbers) {
      const place = number - this.#first
      if (this.#named[place] === 1) continue
      this.#named[place] = 1
      unnamed.push({ number, key: this.#keys[place] as Uint8Array })
    }
    return unnamed
  }

  /** From now on the log has to name every key again, since what it held so far may go. */
  forgetNamed(): void {
    this.#named.fill(0)
  }

  /**
   * Numbers that were given out so far mean nothing any more; those of the same series and of others go on from here. A log
   * that has used the numbers below for other series, and lost a record, can then not mistake one for the other.
   */
  startNumbersAt(first: number): void {
    this.#first = first
  }

  async #register(newOnes: readonly (readonly number[])[]): Promise<void> {
    for (const [host, added] of newOnes.entries()) {
      if (added.length === 0) continue
      const refs = await this.#hosts[host]?.register(added.map((place) => this.#keys[place] as Uint8Array))
      if (this.#keys.length > this.#refOf.length)
        this.#refOf = grownTo(this.#refOf, new Uint32Array(2 * this.#keys.length))
      added.forEach((place, i) => {
        this.#refOf[place] = refs?.[i] as number
      })
    }
  }
}

function grownTo<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

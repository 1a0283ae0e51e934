import { expect } from 'vitest'
import type { Store } from '../../engine/storage/store.ts'
import { patterned } from './patterned.ts'

const STEPS = 60

/** What a store promised, and what was begun and may or may not be there. */
export class StorePromises {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #begun = new Map<string, Uint8Array | undefined>()
  readonly #records: Uint8Array[] = []
  #begunRecord: Uint8Array | undefined
  #truncated = 0

  /** Puts, deletes, appends and truncations, until the power is gone. */
  async useUntilCut(store: Store, next: () => number): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const name = `blob-${next() % 5}`
      const bytes = patterned(next() % 90, next())
      switch (next() % 4) {
        case 0:
          this.#begun.set(name, bytes)
          await store.blobs.put(name, bytes)
          this.#blobs.set(name, bytes)
          this.#begun.clear()
          break
        case 1:
          this.#begun.set(name, undefined)
          await store.blobs.delete(name)
          this.#blobs.delete(name)
          this.#begun.clear()
          break
        case 2:
          this.#begunRecord = bytes
          await store.log.append(bytes)
          this.#records.push(bytes)
          this.#begunRecord = undefined
          break
        default: {
          const before = next() % 3 === 0 ? this.#records.length : next() % (this.#records.length + 1)
          this.#truncated = Math.max(this.#truncated, before)
          await store.log.truncate(before)
        }
      }
    }
  }

  /** Holds a store against what was promised, and takes what it has as promised from now on. */
  async check(store: Store): Promise<void> {
    const found = await store.blobs.list()
    for (const name of new Set([...this.#blobs.keys(), ...this.#begun.keys(), ...found.map((blob) => blob.name)])) {
      const bytes = found.some((blob) => blob.name === name) ? await store.blobs.get(name) : undefined
      const allowed = [this.#blobs.get(name), ...(this.#begun.has(name) ? [this.#begun.get(name)] : [])]
      expect(allowed, name).toContainEqual(bytes)
      if (bytes === undefined) this.#blobs.delete(name)
      else this.#blobs.set(name, bytes)
    }
    this.#begun.clear()
    const damage: string[] = []
    const records: { position: number; record: Uint8Array }[] = []
    await store.log.replay(
      (record, position) => void records.push({ position, record: record.slice() }),
      ({ message }) => damage.push(message),
    )
    expect(damage).toEqual([])
    const isThere = store.log.next > this.#records.length
    if (isThere) this.#records.push(this.#begunRecord ?? new Uint8Array())
    this.#begunRecord = undefined
    expect(store.log.next).toBe(this.#records.length)
    for (const { position, record } of records) expect(record).toEqual(this.#records[position])
    const kept = new Set(records.map(({ position }) => position))
    for (let at = this.#truncated; at < this.#records.length; at++) expect(kept.has(at), `record ${at}`).toBe(true)
  }
}

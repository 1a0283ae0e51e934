import { TidemarkError } from '../../engine/core/errors.ts'
import { GroupCommit } from '../../engine/storage/group-commit.ts'
import { encodeLogFrames, encodeLogHeader, LOG_HEADER_BYTES, scanLogFile } from '../../engine/storage/log-file.ts'
import {
  type BlobInfo,
  type BlobStore,
  type BlobWriter,
  blobNotFound,
  checkBlobName,
  checkBlobRange,
  type LogDamage,
  type LogPosition,
  type LogStore,
  type Store,
  storeClosed,
} from '../../engine/storage/store.ts'
import { fnv1a } from './fnv.ts'

/** What a disk tears apart. */
const SECTOR_BYTES = 512

/** Disk operations are numbered from 0 over the life of a disk: two for a put or a commit, one for a delete. */
export interface Faults {
  /** The power fails in the middle of this operation. */
  powerFailsAt?: number
  /** This operation, or the first sync after it, fails with an I/O error. */
  syncFailsAt?: number
  /** Bytes that fit on the disk. */
  diskBytes?: number
}

export interface FaultyStore extends Store {
  /** Operations that the disk has begun. */
  readonly operations: number
  /** Cuts the power, where it has not failed yet, and opens what the disk holds then, with other faults or none. */
  crash(faults?: Faults): FaultyStore
}

/** A store on a simulated disk that forgets or tears what was not synced when the power fails. One seed, one course. */
export function openFaultyStore(seed: number, faults: Faults = {}): FaultyStore {
  return openFaultyDisk(new FaultyDisk(seed), faults)
}

export function openFaultyDisk(disk: FaultyDisk, faults: Faults = {}): FaultyStore {
  if (disk.open) throw new TidemarkError('locked', 'the simulated disk is in use')
  disk.open = true
  disk.power = true
  disk.unfinishedBytes = 0
  disk.faults = faults
  return new StoreOnFaultyDisk(disk)
}

export class FaultyDisk {
  readonly blobs: Map<string, Uint8Array> = new Map()
  /** Bytes of blobs that have no name yet; a crash leaves none of them. */
  unfinishedBytes = 0
  log: { first: LogPosition; written: Uint8Array; syncedBytes: number }
  faults: Faults = {}
  open = false
  power = true
  operations = 0
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
    this.log = newLog(0)
  }

  /** Mulberry32: a number in `[0, below)`. */
  random(below: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % below
  }

  /** Takes a while, then does `whole`, or calls `torn` where the power fails in its middle. */
  async operate(whole: () => void, torn: () => void): Promise<void> {
    const number = this.operations++
    for (let turns = this.random(6); turns > 0; turns--) await Promise.resolve()
    if (this.power && number === this.faults.powerFailsAt) {
      torn()
      this.power = false
    }
    if (!this.power) throw new TidemarkError('io', 'the power failed')
    whole()
  }

  writeLog(bytes: Uint8Array): void {
    const room = (this.faults.diskBytes ?? Number.POSITIVE_INFINITY) - this.usedBytes()
    this.log.written = concatenated(this.log.written, bytes.subarray(0, Math.max(room, 0)))
    if (room < bytes.byteLength) throw diskFull()
  }

  syncLog(): void {
    if (this.operations > (this.faults.syncFailsAt ?? Number.POSITIVE_INFINITY)) {
      // As Linux does: what could not be written is dropped, and a second fsync would succeed over its absence.
      this.loseUnsynced()
      throw new TidemarkError('io', 'fsync failed')
    }
    this.log.syncedBytes = this.log.written.byteLength
  }

  putBlob(name: string, bytes: Uint8Array): void {
    if (this.usedBytes() + bytes.byteLength > (this.faults.diskBytes ?? Number.POSITIVE_INFINITY)) throw diskFull()
    this.blobs.set(name, bytes)
  }

  usedBytes(): number {
    let bytes = this.log.written.byteLength + this.unfinishedBytes
    for (const blob of this.blobs.values()) bytes += blob.byteLength
    return bytes
  }

  /** Of what was not synced some first bytes stay, of these some sectors as zeros. */
  loseUnsynced(): void {
    const { written, syncedBytes } = this.log
    const kept = syncedBytes + this.random(written.byteLength - syncedBytes + 1)
    const bytes = written.slice(0, kept)
    for (let at = syncedBytes; at < kept; at += SECTOR_BYTES) {
      if (this.random(4) === 0) bytes.fill(0, at, Math.min(at + SECTOR_BYTES, kept))
    }
    this.log.written = bytes
    this.log.syncedBytes = kept
  }
}

class StoreOnFaultyDisk implements FaultyStore {
  readonly blobs: FaultyBlobStore
  readonly log: FaultyLogStore
  readonly #disk: FaultyDisk

  constructor(disk: FaultyDisk) {
    this.#disk = disk
    this.blobs = new FaultyBlobStore(disk)
    this.log = new FaultyLogStore(disk)
  }

  get operations(): number {
    return this.#disk.operations
  }

  async estimate(): Promise<{ usage: number; quota: number }> {
    return { usage: this.#disk.usedBytes(), quota: this.#disk.faults.diskBytes ?? Number.POSITIVE_INFINITY }
  }

  crash(faults: Faults = {}): FaultyStore {
    const old = this.#disk
    old.power = false
    old.loseUnsynced()
    // A disk of its own, so that what was under way in this store cannot reach the next one's.
    const disk = new FaultyDisk(old.random(2 ** 32))
    for (const [name, bytes] of old.blobs) disk.blobs.set(name, bytes)
    disk.log = old.log
    disk.operations = old.operations
    return openFaultyDisk(disk, faults)
  }

  async close(): Promise<void> {
    if (this.blobs.closed) return
    await this.blobs.close()
    await this.log.close()
    this.#disk.open = false
  }
}

class FaultyBlobStore implements BlobStore {
  readonly #disk: FaultyDisk
  readonly #writing = new Set<Promise<void>>()
  closed = false

  constructor(disk: FaultyDisk) {
    this.#disk = disk
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#check(name)
    await this.#write(async () => {
      const copy = bytes.slice()
      const nothing = (): void => undefined
      await this.#disk.operate(nothing, nothing)
      await this.#disk.operate(
        () => this.#disk.putBlob(name, copy),
        () => this.#perhaps(() => this.#disk.putBlob(name, copy)),
      )
    })
  }

  async begin(): Promise<BlobWriter> {
    if (this.closed) throw storeClosed()
    const disk = this.#disk
    let bytes: Uint8Array = new Uint8Array(0)
    const take = (more: number): void => {
      if (disk.usedBytes() + more > (disk.faults.diskBytes ?? Number.POSITIVE_INFINITY)) throw diskFull()
      disk.unfinishedBytes += more
    }
    const leave = (): void => {
      disk.unfinishedBytes -= bytes.byteLength
      bytes = new Uint8Array(0)
    }
    return {
      write: (piece) =>
        this.#write(async () => {
          const grown = concatenated(bytes, piece)
          const write = (): void => {
            take(piece.byteLength)
            bytes = grown
          }
          await disk.operate(write, write)
        }),
      finish: async (name) => {
        this.#check(name)
        await this.#write(async () => {
          const whole = bytes
          const put = (): void => {
            leave()
            disk.putBlob(name, whole)
          }
          await disk.operate(put, () => this.#perhaps(put))
        })
      },
      discard: async () => leave(),
    }
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    this.#check(name)
    if (!this.#disk.power) throw new TidemarkError('io', 'the power failed')
    const bytes = this.#disk.blobs.get(name)
    if (bytes === undefined) throw blobNotFound(name)
    const range = checkBlobRange({ name, bytes: bytes.byteLength }, start, end)
    return bytes.slice(range.start, range.end)
  }

  async list(): Promise<BlobInfo[]> {
    if (this.closed) throw storeClosed()
    const names = [...this.#disk.blobs.keys()].sort()
    return names.map((name) => ({ name, bytes: this.#disk.blobs.get(name)?.byteLength ?? 0 }))
  }

  async delete(name: string): Promise<void> {
    this.#check(name)
    const remove = (): void => {
      this.#disk.blobs.delete(name)
    }
    await this.#write(() => this.#disk.operate(remove, () => this.#perhaps(remove)))
  }

  async close(): Promise<void> {
    this.closed = true
    await Promise.allSettled(this.#writing)
  }

  #check(name: string): void {
    if (this.closed) throw storeClosed()
    checkBlobName(name)
  }

  #perhaps(change: () => void): void {
    if (this.#disk.random(2) === 0) change()
  }

  async #write(task: () => Promise<void>): Promise<void> {
    const writing = task()
    this.#writing.add(writing)
    await writing.finally(() => this.#writing.delete(writing))
  }
}

class FaultyLogStore implements LogStore {
  readonly #disk: FaultyDisk
  readonly #group: GroupCommit

  constructor(disk: FaultyDisk) {
    this.#disk = disk
    const { first, written } = disk.log
    const scan = scanLogFile(written, { name: 'log', first, checksum: fnv1a })
    const kept = scan.frames.length === 0 ? encodeLogHeader(first, fnv1a) : written.slice(0, scan.end)
    disk.log = { first, written: kept, syncedBytes: kept.byteLength }
    this.#group = new GroupCommit(scan.next, (records, position) => this.#commit(records, position))
  }

  get next(): LogPosition {
    return this.#group.next
  }

  get bytes(): number {
    return this.#disk.log.written.byteLength
  }

  append(record: Uint8Array): Promise<LogPosition> {
    return this.#group.append(record)
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    const { first, written, end } = await this.#group.between(async () => {
      const { first, written, syncedBytes } = this.#disk.log
      return { first, written: written.slice(0, syncedBytes), end: this.#group.next }
    })
    const scan = scanLogFile(written, { name: 'log', first, next: end, checksum: fnv1a })
    for (const damage of scan.damage) onDamage(damage)
    for (const frame of scan.frames) await visit(written.subarray(frame.start, frame.end), frame.position)
  }

  async truncate(before: LogPosition): Promise<void> {
    await this.#group.between(async () => {
      const { next } = this.#group
      if (before < next || this.#disk.log.first === next) return
      const shorten = (): void => {
        this.#disk.log = newLog(next)
      }
      await this.#disk.operate(shorten, () => {
        if (this.#disk.random(2) === 0) shorten()
      })
    })
  }

  close(): Promise<void> {
    return this.#group.close()
  }

  async #commit(records: readonly Uint8Array[], first: LogPosition): Promise<void> {
    const frames = encodeLogFrames(records, first, fnv1a)
    const write = (): void => this.#disk.writeLog(frames)
    await this.#disk.operate(write, write)
    await this.#disk.operate(
      () => this.#disk.syncLog(),
      () => undefined,
    )
  }
}

function newLog(first: LogPosition): FaultyDisk['log'] {
  return { first, written: encodeLogHeader(first, fnv1a), syncedBytes: LOG_HEADER_BYTES }
}

function diskFull(): TidemarkError {
  return new TidemarkError('quota', 'the disk is full')
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.byteLength + b.byteLength)
  bytes.set(a)
  bytes.set(b, a.byteLength)
  return bytes
}

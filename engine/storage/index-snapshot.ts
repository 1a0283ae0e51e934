import type { SeriesIndex } from '../index/series-index.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { PlacesParts } from './segment-places.ts'
import type { BlobInfo, BlobStore } from './store.ts'

// FORMAT.md, "Snapshots of the index", draws what is written here.
const MAGIC = 0x5849_4d54 // 'TMIX', little-endian
const VERSION = 1
/** Bytes of one blob; a piece of an image is copied before it is written. */
const PIECE_BYTES: number = 32 << 20
/** The end of an image, wasm/index/image.ts: what has changed when the index has. */
const STATE_BYTES = 5152
const HAS_REFS = 1
const HAS_NUMBERS = 2
const SNAPSHOT_NAME = /^series-(\d+)-of-(\d+)(?:\.(\d+)\.\d+)?\.idx$/

/** Where the series of each segment are in the index, by the segment's name. */
export type KnownPlaces = ReadonlyMap<string, PlacesParts>

/** Which of how many hosts an index is of. */
export interface SnapshotOwner {
  number: number
  hosts: number
}

interface Piece {
  bytes: number
  checksum: number
}

interface Head {
  build: Uint8Array
  generation: number
  refLimit: number
  imageBytes: number
  segments: { name: string; count: number; first: number; flags: number }[]
  pieces: Piece[]
}

/** Copies of so many bytes are made where they go back to the system at once. */
const LARGE_BYTES = 1 << 20
/** glibc maps blocks above 32 MiB one by one; what it gets back of smaller ones it keeps and cuts up. Of what is not written none is taken. */
const MAPPED_BYTES = 33 << 20

/**
 * The index of a host as it was at some time, beside the segments. It says nothing that these do not, so whatever is
 * wrong with it, it is as if there were none.
 */
export class IndexSnapshot {
  readonly #blobs: BlobStore
  readonly #kernel: Kernel
  readonly #owner: SnapshotOwner
  readonly #pieceBytes: number

  constructor(place: { blobs: BlobStore; kernel: Kernel }, owner: SnapshotOwner, pieceBytes: number = PIECE_BYTES) {
    this.#blobs = place.blobs
    this.#kernel = place.kernel
    this.#owner = owner
    this.#pieceBytes = pieceBytes
  }

  /**
   * Writes the index and where the series of its segments are, in place of what was written before. Of one that is in use it copies all
   * first, in one turn, at some 2 GB a second; of another one a piece at a time. Leaves what was there where such a one changes
   * meanwhile, or the core does not tell its builds apart. Throws `io` or `quota`.
   */
  async write(index: SeriesIndex, places: KnownPlaces, isInUse = false): Promise<void> {
    const { build } = this.#kernel
    if (build.length === 0) return
    const before = await this.#blobs.list()
    const generation = 1 + before.reduce((latest, { name }) => Math.max(latest, generationOf(name)), 0)
    const refLimit = index.refLimit
    const imageBytes = index.image().length
    const state = stateOf(index, imageBytes)
    const images = piecesOf(() => index.imageRoom(imageBytes), this.#pieceBytes)
    const copies = isInUse ? [...images] : []
    const pieces: Piece[] = []
    const put = async (bytes: Uint8Array): Promise<void> => {
      const name = this.#pieceName(generation, pieces.length)
      pieces.push({ bytes: bytes.length, checksum: this.#kernel.checksum(bytes) >>> 0 })
      await this.#blobs.put(name, bytes)
    }
    // What is written is let go of.
    for (let copy = copies.shift(); copy; copy = copies.shift()) await put(copy)
    for (const image of images) await put(image)
    for (const words of wordsOf(places)) {
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
      for (const piece of piecesOf(() => bytes, this.#pieceBytes)) await put(piece)
    }
    const isSame = isInUse || (index.image().length === imageBytes && isEqual(stateOf(index, imageBytes), state))
    const segments = [...places].map(([name, parts]) => ({ name, ...parts, flags: flagsOf(parts) }))
    const head = { build, generation, refLimit, imageBytes, segments, pieces }
    if (isSame) await this.#blobs.put(this.#headName, this.#encode(head))
    await this.#removeOthers(isSame ? generation : undefined, generation)
  }

  /** Fills an empty index; `undefined` where there is no snapshot that fits, and the index is empty still. */
  async read(index: SeriesIndex): Promise<KnownPlaces | undefined> {
    try {
      const blobs = await this.#blobs.list()
      const known = blobs.find(({ name }) => name === this.#headName)
      if (known === undefined) return undefined
      const head = this.#decode(await this.#blobs.get(known.name))
      if (!isEqual(head.build, this.#kernel.build) || !this.#isComplete(head, blobs)) return undefined
      return await this.#load(index, head)
    } catch {
      index.clear()
      return undefined
    }
  }

  async #load(index: SeriesIndex, head: Head): Promise<KnownPlaces> {
    let next = 0
    // One piece is read while the one before is checked.
    let coming = this.#read(head, 0)
    const fill = async (target: () => Uint8Array): Promise<void> => {
      for (let at = 0; at < target().length; next++) {
        const { bytes, checksum } = head.pieces[next] as Piece
        const piece = await coming
        coming = this.#read(head, next + 1)
        if (piece.length !== bytes || this.#kernel.checksum(piece) >>> 0 !== checksum)
          throw new Error('a piece is damaged')
        target().set(piece, at)
        at += bytes
      }
    }
    await fill(() => index.imageRoom(head.imageBytes))
    const places = new Map<string, PlacesParts>()
    for (const { name, count, first, flags } of head.segments) {
      const words = async (flag: number): Promise<Uint32Array | undefined> => {
        if ((flags & flag) === 0) return undefined
        const array = new Uint32Array(count)
        await fill(() => new Uint8Array(array.buffer))
        return array
      }
      places.set(name, { count, first, refs: await words(HAS_REFS), numbers: await words(HAS_NUMBERS) })
    }
    index.loadImage(head.imageBytes)
    if (index.refLimit !== head.refLimit) throw new Error('the image is of another index')
    for (const parts of places.values()) if (!isWithin(parts, head.refLimit)) throw new Error('a ref is out of range')
    return places
  }

  /** The bytes of a piece, none behind the last. */
  #read({ generation, pieces }: Head, piece: number): Promise<Uint8Array> {
    if (piece >= pieces.length) return Promise.resolve(new Uint8Array(0))
    const read = this.#blobs.get(this.#pieceName(generation, piece))
    // Who awaits it has the error; nobody may where another piece is damaged.
    read.catch(() => undefined)
    return read
  }

  /** Whether the pieces are there and as long as what is to be read, so that nothing is allocated that is not. */
  #isComplete({ generation, imageBytes, segments, pieces }: Head, blobs: readonly BlobInfo[]): boolean {
    const sizes = new Map(blobs.map(({ name, bytes }) => [name, bytes]))
    if (!pieces.every(({ bytes }, i) => bytes > 0 && sizes.get(this.#pieceName(generation, i)) === bytes)) return false
    let next = 0
    /** Pieces end where parts do. */
    const covers = (bytes: number): boolean => {
      let covered = 0
      while (covered < bytes && next < pieces.length) covered += (pieces[next++] as Piece).bytes
      return covered === bytes
    }
    const lists = segments.flatMap(({ count, flags }) =>
      [flags & HAS_REFS, flags & HAS_NUMBERS].map((has) => (has ? 4 * count : 0)),
    )
    return [imageBytes, ...lists].every(covers) && next === pieces.length
  }

  get #headName(): string {
    return `series-${this.#owner.number}-of-${this.#owner.hosts}.idx`
  }

  #pieceName(generation: number, piece: number): string {
    return `series-${this.#owner.number}-of-${this.#owner.hosts}.${generation}.${piece}.idx`
  }

  /** Removes pieces of other generations than that of the head (or of the one that was given up), and what other numbers of hosts left. */
  async #removeOthers(kept: number | undefined, written: number): Promise<void> {
    const { number, hosts } = this.#owner
    for (const { name } of await this.#blobs.list()) {
      const [, ownNumber, ownHosts, generation] = SNAPSHOT_NAME.exec(name) ?? []
      if (ownNumber === undefined) continue
      const isOwn = Number(ownNumber) === number && Number(ownHosts) === hosts
      const isForeign = number === 0 && Number(ownHosts) !== hosts
      const isOld =
        kept === undefined ? Number(generation) === written : generation !== undefined && Number(generation) !== kept
      if (isForeign || (isOwn && isOld)) await this.#blobs.delete(name)
    }
  }

  #encode({ build, generation, refLimit, imageBytes, segments, pieces }: Head): Uint8Array {
    const out = new ByteWriter()
    out.u32(MAGIC)
    out.u16(VERSION)
    out.varint(build.length)
    out.bytes(build)
    for (const number of [generation, refLimit, imageBytes, segments.length]) out.varint(number)
    for (const { name, count, first, flags } of segments) {
      out.text(name)
      out.varint(count)
      out.varint(first)
      out.u8(flags)
    }
    out.varint(pieces.length)
    for (const { bytes, checksum } of pieces) {
      out.varint(bytes)
      out.u32(checksum)
    }
    out.u32(this.#kernel.checksum(out.written()) >>> 0)
    return out.finish()
  }

  #decode(bytes: Uint8Array): Head {
    const reader = new ByteReader(bytes, this.#headName)
    const end = bytes.length - 4
    const sum = new ByteReader(bytes.subarray(Math.max(0, end)), this.#headName).u32()
    if (sum !== this.#kernel.checksum(bytes.subarray(0, end)) >>> 0)
      throw reader.corrupt('it does not have its checksum')
    if (reader.u32() !== MAGIC || reader.u16() !== VERSION) throw reader.corrupt('it is no snapshot that is known')
    const build = reader.bytes(reader.varint())
    const [generation, refLimit, imageBytes] = [reader.varint(), reader.varint(), reader.varint()]
    const segments = Array.from({ length: reader.count(4) }, () => {
      return { name: reader.text(), count: reader.varint(), first: reader.varint(), flags: reader.u8() }
    })
    const pieces = Array.from({ length: reader.count(5) }, () => {
      return { bytes: reader.varint(), checksum: reader.u32() }
    })
    return { build, generation, refLimit, imageBytes, segments, pieces }
  }
}

/** Copies of parts of bytes, which may lie elsewhere each time. */
function* piecesOf(bytes: () => Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes().length; at += pieceBytes) {
    const piece = bytes().subarray(at, at + pieceBytes)
    const room = piece.length < LARGE_BYTES ? piece.length : Math.max(piece.length, MAPPED_BYTES)
    const copy = new Uint8Array(room).subarray(0, piece.length)
    copy.set(piece)
    yield copy
  }
}

function generationOf(name: string): number {
  return Number(SNAPSHOT_NAME.exec(name)?.[3] ?? 0)
}

function flagsOf({ refs, numbers }: PlacesParts): number {
  return (refs ? HAS_REFS : 0) | (numbers ? HAS_NUMBERS : 0)
}

function* wordsOf(places: KnownPlaces): Generator<Uint32Array> {
  for (const { refs, numbers } of places.values()) {
    if (refs) yield refs
    if (numbers) yield numbers
  }
}

/** The end of an image that is as it was made last. */
function stateOf(index: SeriesIndex, imageBytes: number): Uint8Array {
  return index.imageRoom(imageBytes).slice(-STATE_BYTES)
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Whether refs ascend and are below a limit. */
function isWithin({ refs, first, count }: PlacesParts, limit: number): boolean {
  if (refs === undefined) return first + count <= limit
  for (let i = 1; i < count; i++) if ((refs[i] as number) <= (refs[i - 1] as number)) return false
  return count > 0 && (refs[count - 1] as number) < limit
}

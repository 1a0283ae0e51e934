/** What a table of refs is a table of. */
export interface RefKeys {
  /** 32 bits of hash of what a ref stands for. */
  hashOf(ref: number): number
  /** Whether a ref stands for what is being looked for. */
  isSought(ref: number): boolean
}

interface Bucket {
  /** Ref plus 1; 0 is an empty slot. */
  slots: Uint32Array
  /** Low byte of each slot's hash: nearly every other ref is told from the one that is sought without looking at it. */
  prints: Uint8Array
  count: number
  /** Bits of the hash, from the highest on, that all refs of the bucket have in common. */
  depth: number
}

const FIRST_CAPACITY = 8
const MAX_CAPACITY = 4096
const MAX_LOAD = 0.85
const GROWTH = 1.5
/** No ref. */
export const NONE = -1

/**
 * A hash table of u32 refs whose keys are kept elsewhere: extendible hashing (Fagin et al., 1979) with buckets of open
 * addressing, so that growing never touches more than a bucket's refs at a time, and takes 5 to 9 bytes a ref.
 */
export class RefTable {
  readonly #keys: RefKeys
  #directory: Bucket[] = [emptyBucket(0, FIRST_CAPACITY)]
  #depth = 0
  #size = 0

  constructor(keys: RefKeys) {
    this.#keys = keys
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    let bytes = this.#directory.length * 8
    for (const { slots } of new Set(this.#directory)) bytes += slots.length * 5
    return bytes
  }

  /** The ref that `isSought` of the keys accepts, whose hash this is, or `NONE`. */
  find(hash: number): number {
    const { slots, prints } = this.#bucket(hash)
    const print = hash & 0xff
    for (let slot = slotOf(hash, slots.length); ; ) {
      const value = slots[slot] as number
      if (value === 0) return NONE
      if (prints[slot] === print && this.#keys.isSought(value - 1)) return value - 1
      if (++slot === slots.length) slot = 0
    }
  }

  /** Adds a ref that is not there. */
  add(hash: number, ref: number): void {
    let bucket = this.#bucket(hash)
    while (bucket.count >= bucket.slots.length * MAX_LOAD - 1) {
      if (bucket.slots.length < MAX_CAPACITY || this.#depth === MAX_DEPTH) this.#grow(bucket)
      else this.#split(bucket)
      bucket = this.#bucket(hash)
    }
    put(bucket, hash, ref)
    this.#size++
  }

  /** Drops all refs but those that are chosen. */
  retain(isKept: (ref: number) => boolean): void {
    for (const bucket of new Set(this.#directory)) {
      const before = bucket.count
      const kept = refsOf(bucket).filter(isKept)
      if (kept.length === before) continue
      this.#refill(bucket, kept, Math.max(FIRST_CAPACITY, Math.ceil((kept.length + 2) / (MAX_LOAD / GROWTH))))
      this.#size -= before - kept.length
    }
  }

  #bucket(hash: number): Bucket {
    return this.#directory[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)] as Bucket
  }

  #grow(bucket: Bucket): void {
    this.#refill(bucket, refsOf(bucket), Math.ceil(bucket.slots.length * GROWTH))
  }

  #refill(bucket: Bucket, refs: readonly number[], capacity: number): void {
    Object.assign(bucket, emptyBucket(bucket.depth, capacity))
    for (const ref of refs) put(bucket, this.#keys.hashOf(ref), ref)
  }

  #split(bucket: Bucket): void {
    if (bucket.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each])
      this.#depth++
    }
    const depth = bucket.depth + 1
    const capacity = Math.ceil((bucket.slots.length * GROWTH) / 2)
    const halves = [emptyBucket(depth, capacity), emptyBucket(depth, capacity)] as const
    for (const ref of refsOf(bucket)) {
      const hash = this.#keys.hashOf(ref)
      const half = halves[(hash >>> (32 - depth)) & 1] as Bucket
      if (half.count >= half.slots.length - 2) this.#grow(half)
      put(half, hash, ref)
    }
    // The entries of a bucket stand together: one run of the directory for each half.
    const first = this.#directory.indexOf(bucket)
    const run = 1 << (this.#depth - depth)
    this.#directory.fill(halves[0], first, first + run)
    this.#directory.fill(halves[1], first + run, first + 2 * run)
  }
}

/** Bits of the directory: past it, with some 200 million refs, buckets grow instead. */
const MAX_DEPTH = 16

function emptyBucket(depth: number, capacity: number): Bucket {
  return { slots: new Uint32Array(capacity), prints: new Uint8Array(capacity), count: 0, depth }
}

function refsOf({ slots }: Bucket): number[] {
  const refs: number[] = []
  for (const value of slots) if (value !== 0) refs.push(value - 1)
  return refs
}

/** Fibonacci hashing: the refs of a bucket have the high bits of their hashes in common. */
function slotOf(hash: number, capacity: number): number {
  return ((Math.imul(hash, 0x9e3779b1) >>> 16) * capacity) >>> 16
}

function put(bucket: Bucket, hash: number, ref: number): void {
  const { slots, prints } = bucket
  let slot = slotOf(hash, slots.length)
  while (slots[slot] !== 0) if (++slot === slots.length) slot = 0
  slots[slot] = ref + 1
  prints[slot] = hash & 0xff
  bucket.count++
}

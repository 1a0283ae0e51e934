import { hashOfRef, isSought, NONE, RefTable, touchRef } from './records'
import { give, TABLE, take, VALUES } from './space'

// A hash table of refs whose keys are kept elsewhere: extendible hashing (Fagin et al., 1979) with buckets of open addressing, so that
// growing never touches more than a bucket's refs at a time. A bucket: refs in it, bits of the hash that all have in common,
// capacity, then by slot the ref and 1 (u32) and the low byte of its hash (u8): nearly every other ref is told from the one that is
// sought without looking at it. Takes 5 to 9 bytes a ref.

const HEAD: u32 = 12
const FIRST_CAPACITY: u32 = 8
const MAX_CAPACITY: u32 = 4096
/** Bits of the directory: past it, with some 200 million refs, buckets grow instead. */
const MAX_DEPTH: u32 = 16
const GOLDEN: u32 = 0x9e3779b1
const hashes: usize = memory.data(4096 * 4, 16)

export function newRefTable(kind: u32, owner: usize): RefTable {
  const part = kind == 1 ? VALUES : TABLE
  const table = changetype<RefTable>(take(offsetof<RefTable>(), part))
  table.kind = kind
  table.owner = owner
  table.depth = 0
  table.size = 0
  table.directory = take(4, part)
  store<u32>(table.directory, <u32>newBucket(table, FIRST_CAPACITY, 0))
  return table
}

// @ts-ignore: decorator
@inline
function partOf(table: RefTable): u32 {
  return table.kind == 0 ? 0 : table.kind == 1 ? VALUES : TABLE
}

// @ts-ignore: decorator
@inline
function bytesOf(capacity: u32): u32 {
  return HEAD + capacity * 5
}

function newBucket(table: RefTable, capacity: u32, depth: u32): usize {
  const bucket = take(bytesOf(capacity), partOf(table))
  store<u32>(bucket, 0)
  store<u32>(bucket, depth, 4)
  store<u32>(bucket, capacity, 8)
  memory.fill(bucket + HEAD, 0, <usize>capacity << 2)
  return bucket
}

function giveBucket(table: RefTable, bucket: usize): void {
  give(bucket, bytesOf(load<u32>(bucket, 8)), partOf(table))
}

// @ts-ignore: decorator
@inline
function placeOf(table: RefTable, hash: u32): usize {
  return table.directory + (table.depth == 0 ? 0 : <usize>(hash >> (32 - table.depth)) << 2)
}

/** Fibonacci hashing: the refs of a bucket have the high bits of their hashes in common. */
// @ts-ignore: decorator
@inline
function slotOf(hash: u32, capacity: u32): u32 {
  return <u32>((<u64>(hash * GOLDEN) * capacity) >> 32)
}

/** The ref of what is sought, whose hash this is, or `NONE`. */
export function findRef(table: RefTable, hash: u32): u32 {
  const bucket = <usize>load<u32>(placeOf(table, hash))
  const capacity = load<u32>(bucket, 8)
  const slots = bucket + HEAD
  const prints = slots + (<usize>capacity << 2)
  const print = hash & 0xff
  let slot = slotOf(hash, capacity)
  while (true) {
    const value = load<u32>(slots + (<usize>slot << 2))
    if (value == 0) return NONE
    if (<u32>load<u8>(prints + slot) == print && isSought(table, value - 1)) return value - 1
    if (++slot == capacity) slot = 0
  }
}

function put(bucket: usize, hash: u32, ref: u32): void {
  const capacity = load<u32>(bucket, 8)
  const slots = bucket + HEAD
  let slot = slotOf(hash, capacity)
  while (load<u32>(slots + (<usize>slot << 2)) != 0) if (++slot == capacity) slot = 0
  store<u32>(slots + (<usize>slot << 2), ref + 1)
  store<u8>(slots + (<usize>capacity << 2) + slot, hash & 0xff)
  store<u32>(bucket, load<u32>(bucket) + 1)
}

/** Adds a ref that is not there. */
export function addRef(table: RefTable, hash: u32, ref: u32): void {
  let bucket = <usize>load<u32>(placeOf(table, hash))
  // At most 17 of 20 slots, and one that is always free: a search ends there.
  while ((load<u32>(bucket) + 1) * 20 > load<u32>(bucket, 8) * 17) {
    if (load<u32>(bucket, 8) < MAX_CAPACITY || table.depth == MAX_DEPTH) grow(table, hash)
    else split(table, hash)
    bucket = <usize>load<u32>(placeOf(table, hash))
  }
  put(bucket, hash, ref)
  table.size++
}

/** Replaces all entries of the directory that are a bucket's, which stand together. */
function fillDirectory(table: RefTable, hash: u32, depth: u32, bucket: usize): void {
  const run = <u32>1 << (table.depth - depth)
  const first = depth == 0 ? 0 : (hash >> (32 - depth)) << (table.depth - depth)
  for (let i = first; i < first + run; i++) store<u32>(table.directory + (<usize>i << 2), <u32>bucket)
}

/** All refs of a bucket are about to be hashed. */
function touchBucket(table: RefTable, bucket: usize): void {
  const slots = bucket + HEAD
  const end = slots + (<usize>load<u32>(bucket, 8) << 2)
  for (let at = slots; at < end; at += 4) {
    const value = load<u32>(at)
    if (value != 0) touchRef(table, value - 1)
  }
}

function grow(table: RefTable, hash: u32): void {
  const bucket = <usize>load<u32>(placeOf(table, hash))
  const capacity = load<u32>(bucket, 8)
  const depth = load<u32>(bucket, 4)
  const larger = newBucket(table, capacity + (capacity >> 1), depth)
  touchBucket(table, bucket)
  for (let slot: u32 = 0; slot < capacity; slot++) {
    const value = load<u32>(bucket + HEAD + (<usize>slot << 2))
    if (value != 0) put(larger, hashOfRef(table, value - 1), value - 1)
  }
  fillDirectory(table, hash, depth, larger)
  giveBucket(table, bucket)
}

/** Makes two buckets of one, which has at most 1.5 times `MAX_CAPACITY` slots and so at most 0.85 of that in refs. */
function split(table: RefTable, hash: u32): void {
  const bucket = <usize>load<u32>(placeOf(table, hash))
  const capacity = load<u32>(bucket, 8)
  const depth = load<u32>(bucket, 4)
  if (depth == table.depth) growDirectory(table)
  let high: u32 = 0
  const count = load<u32>(bucket)
  touchBucket(table, bucket)
  for (let slot: u32 = 0, i: u32 = 0; slot < capacity; slot++) {
    const value = load<u32>(bucket + HEAD + (<usize>slot << 2))
    if (value == 0) continue
    const own = hashOfRef(table, value - 1)
    if (i < 4096) store<u32>(hashes + (<usize>i << 2), own)
    i++
    high += (own >> (31 - depth)) & 1
  }
  const low = newBucket(table, max(FIRST_CAPACITY, ((count - high) * 3 >> 1) + 4), depth + 1)
  const upper = newBucket(table, max(FIRST_CAPACITY, (high * 3 >> 1) + 4), depth + 1)
  for (let slot: u32 = 0, i: u32 = 0; slot < capacity; slot++) {
    const value = load<u32>(bucket + HEAD + (<usize>slot << 2))
    if (value == 0) continue
    const own = i < 4096 ? load<u32>(hashes + (<usize>i << 2)) : hashOfRef(table, value - 1)
    i++
    put(((own >> (31 - depth)) & 1) == 0 ? low : upper, own, value - 1)
  }
  const shift = 31 - depth
  fillDirectory(table, hash & ~(<u32>1 << shift), depth + 1, low)
  fillDirectory(table, hash | (<u32>1 << shift), depth + 1, upper)
  giveBucket(table, bucket)
}

function growDirectory(table: RefTable): void {
  const count = <u32>1 << table.depth
  const larger = take(count << 3, partOf(table))
  for (let i: u32 = 0; i < count; i++) {
    const bucket = load<u32>(table.directory + (<usize>i << 2))
    store<u32>(larger + (<usize>i << 3), bucket)
    store<u32>(larger + (<usize>i << 3), bucket, 4)
  }
  give(table.directory, count << 2, partOf(table))
  table.directory = larger
  table.depth++
}

/** Removes a ref that is there. What stands behind it moves up, so that no search ends before it (Knuth, 6.4, algorithm R). */
export function removeRef(table: RefTable, hash: u32, ref: u32): void {
  const bucket = <usize>load<u32>(placeOf(table, hash))
  const capacity = load<u32>(bucket, 8)
  const slots = bucket + HEAD
  const prints = slots + (<usize>capacity << 2)
  let hole = slotOf(hash, capacity)
  while (load<u32>(slots + (<usize>hole << 2)) != ref + 1) if (++hole == capacity) hole = 0
  let slot = hole
  while (true) {
    if (++slot == capacity) slot = 0
    const value = load<u32>(slots + (<usize>slot << 2))
    if (value == 0) break
    const home = slotOf(hashOfRef(table, value - 1), capacity)
    if (hole <= slot ? hole < home && home <= slot : hole < home || home <= slot) continue
    store<u32>(slots + (<usize>hole << 2), value)
    store<u8>(prints + hole, load<u8>(prints + slot))
    hole = slot
  }
  store<u32>(slots + (<usize>hole << 2), 0)
  store<u32>(bucket, load<u32>(bucket) - 1)
  table.size--
}

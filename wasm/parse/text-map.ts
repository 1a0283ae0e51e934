import { allocate, release } from '../memory/heap'
import { equalBytes, hashBytes, TEXT_PADDING } from './bytes'

/** Something that is found by its text within its owner: a series key, a table, a name in a table. The text follows it. */
@unmanaged
export class TextRecord {
  text: usize
  bytes: u32
  hash: u32
  owner: usize
}

/** Hash table of records with linear probing, at most half full: in each slot the address of one, and its hash, which mostly spares a look at it. */
@unmanaged
export class TextMap {
  slots: usize
  mask: u32
  count: u32
}

const FIRST_SLOTS: u32 = 256

export function createMap(): TextMap {
  const map = changetype<TextMap>(allocate(offsetof<TextMap>()))
  map.mask = FIRST_SLOTS - 1
  map.count = 0
  map.slots = allocate(<usize>FIRST_SLOTS << 3)
  memory.fill(map.slots, 0, <usize>FIRST_SLOTS << 3)
  return map
}

// @ts-ignore: decorator
@inline
function slotAt(map: TextMap, slot: u32): usize {
  return map.slots + (<usize>(slot & map.mask) << 3)
}

/** The record of a text, or 0. The text's hash is left in `lookedUpHash`. */
export function findRecord(map: TextMap, owner: usize, text: usize, bytes: u32): usize {
  const hash = hashBytes(text, bytes, <u32>owner)
  lookedUpHash = hash
  let slot = hash
  while (true) {
    const at = slotAt(map, slot++)
    const address = load<u32>(at)
    if (address == 0) return 0
    if (load<u32>(at, 4) != hash) continue
    const record = changetype<TextRecord>(<usize>address)
    if (record.owner == owner && record.bytes == bytes && equalBytes(record.text, text, bytes)) return address
  }
}

export let lookedUpHash: u32 = 0

/** Adds a record whose text is not there yet. */
export function addRecord(map: TextMap, record: TextRecord): void {
  if (map.count * 2 > map.mask) growMap(map)
  place(map, <u32>changetype<usize>(record), record.hash)
  map.count++
}

function place(map: TextMap, address: u32, hash: u32): void {
  let slot = hash
  while (load<u32>(slotAt(map, slot)) != 0) slot++
  store<u32>(slotAt(map, slot), address)
  store<u32>(slotAt(map, slot), hash, 4)
}

function growMap(map: TextMap): void {
  const before = map.slots
  const slots = map.mask + 1
  map.mask = slots * 2 - 1
  map.slots = allocate(<usize>slots << 4)
  memory.fill(map.slots, 0, <usize>slots << 4)
  for (let at = before, end = before + (<usize>slots << 3); at < end; at += 8) {
    const address = load<u32>(at)
    if (address != 0) place(map, address, load<u32>(at, 4))
  }
  release(before, <usize>slots << 3)
}

/** Takes all records out; the slots stay. */
export function clearMap(map: TextMap): void {
  memory.fill(map.slots, 0, <usize>(map.mask + 1) << 3)
  map.count = 0
}

/** Takes a record out and closes the gap (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
export function removeRecord(map: TextMap, record: TextRecord): void {
  let hole = record.hash
  while (load<u32>(slotAt(map, hole)) != <u32>changetype<usize>(record)) hole++
  hole &= map.mask
  for (let slot = hole + 1; ; slot++) {
    const address = load<u32>(slotAt(map, slot))
    if (address == 0) break
    const home = load<u32>(slotAt(map, slot), 4)
    if (((slot - home) & map.mask) < ((slot - hole) & map.mask)) continue
    store<u32>(slotAt(map, hole), address)
    store<u32>(slotAt(map, hole), home, 4)
    hole = slot & map.mask
  }
  store<u32>(slotAt(map, hole), 0)
  map.count--
}

/** Records and texts that stay; what a rejected row added is taken back in whole. */
@unmanaged
export class Arena {
  at: usize
  end: usize
  chunk: usize
  /** Bytes of all chunks. */
  bytes: u32
}

@unmanaged
class ArenaChunk {
  previous: usize
  bytes: usize
}

const CHUNK_BYTES: usize = 1 << 16

export function createArena(): Arena {
  const arena = changetype<Arena>(allocate(offsetof<Arena>()))
  arena.at = 0
  arena.end = 0
  arena.chunk = 0
  arena.bytes = 0
  return arena
}

export function takeArena(arena: Arena, bytes: usize): usize {
  const taken = (bytes + 7) & ~7
  if (arena.at + taken > arena.end || arena.chunk == 0) addChunk(arena, taken)
  const address = arena.at
  arena.at += taken
  return address
}

function addChunk(arena: Arena, taken: usize): void {
  const bytes = max(CHUNK_BYTES, taken + TEXT_PADDING + offsetof<ArenaChunk>())
  const chunk = changetype<ArenaChunk>(allocate(bytes))
  chunk.previous = arena.chunk
  chunk.bytes = bytes
  arena.chunk = changetype<usize>(chunk)
  arena.at = arena.chunk + offsetof<ArenaChunk>()
  arena.end = arena.chunk + bytes - TEXT_PADDING
  arena.bytes += <u32>bytes
}

/** Goes back to where `chunk` was the newest chunk and `at` its next free byte. */
export function rewindArena(arena: Arena, chunk: usize, at: usize): void {
  while (arena.chunk != chunk) {
    const newest = changetype<ArenaChunk>(arena.chunk)
    arena.chunk = newest.previous
    arena.bytes -= <u32>newest.bytes
    release(changetype<usize>(newest), newest.bytes)
  }
  arena.at = at
  arena.end = chunk == 0 ? 0 : chunk + changetype<ArenaChunk>(chunk).bytes - TEXT_PADDING
}

import { allocate, release } from '../memory/heap'
import { equalBytes, hashBytes, TEXT_PADDING } from './bytes'

/** The different strings of one column in one page, numbered as they come. */
@unmanaged
export class Dictionary {
  count: u32
  slotMask: u32
  /** Pairs of a hash and a code plus 1. */
  slots: usize
  /** Where each string ends in `text`. */
  ends: usize
  endsBytes: u32
  text: usize
  textBytes: u32
  textCapacity: u32
}

const FIRST_SLOTS: u32 = 16
const FIRST_TEXT: u32 = 256

export function createDictionary(): Dictionary {
  const dictionary = changetype<Dictionary>(allocate(offsetof<Dictionary>()))
  dictionary.count = 0
  dictionary.slotMask = FIRST_SLOTS - 1
  dictionary.slots = allocate(<usize>FIRST_SLOTS << 3)
  memory.fill(dictionary.slots, 0, <usize>FIRST_SLOTS << 3)
  dictionary.endsBytes = FIRST_SLOTS << 2
  dictionary.ends = allocate(dictionary.endsBytes)
  dictionary.textBytes = 0
  dictionary.textCapacity = FIRST_TEXT
  dictionary.text = allocate(FIRST_TEXT)
  return dictionary
}

export function releaseDictionary(dictionary: Dictionary): void {
  release(dictionary.slots, <usize>(dictionary.slotMask + 1) << 3)
  release(dictionary.ends, dictionary.endsBytes)
  release(dictionary.text, dictionary.textCapacity)
  release(changetype<usize>(dictionary), offsetof<Dictionary>())
}

/** The code of a string. */
export function internText(dictionary: Dictionary, text: usize, bytes: u32): u32 {
  const hash = hashBytes(text, bytes, 0)
  let slot = hash
  for (; ; slot++) {
    const at = dictionary.slots + (<usize>(slot & dictionary.slotMask) << 3)
    const code = load<u32>(at, 4)
    if (code == 0) break
    if (load<u32>(at) == hash && isEntry(dictionary, code - 1, text, bytes)) return code - 1
  }
  return addText(dictionary, hash, text, bytes)
}

function isEntry(dictionary: Dictionary, code: u32, text: usize, bytes: u32): bool {
  const entry = dictionary.ends + (<usize>code << 2)
  const start = code == 0 ? 0 : load<u32>(entry - 4)
  if (load<u32>(entry) - start != bytes) return false
  return equalBytes(dictionary.text + start, text, bytes)
}

function addText(dictionary: Dictionary, hash: u32, text: usize, bytes: u32): u32 {
  const code = dictionary.count
  if (code * 2 > dictionary.slotMask) growSlots(dictionary)
  const ends = (code + 1) << 2
  if (ends > dictionary.endsBytes) {
    dictionary.ends = grown(dictionary.ends, dictionary.endsBytes, dictionary.endsBytes * 2)
    dictionary.endsBytes *= 2
  }
  const end = dictionary.textBytes + bytes
  if (end + <u32>TEXT_PADDING > dictionary.textCapacity) {
    let capacity = dictionary.textCapacity
    while (end + <u32>TEXT_PADDING > capacity) capacity *= 2
    dictionary.text = grown(dictionary.text, dictionary.textCapacity, capacity)
    dictionary.textCapacity = capacity
  }
  memory.copy(dictionary.text + dictionary.textBytes, text, bytes)
  dictionary.textBytes = end
  store<u32>(dictionary.ends + (<usize>code << 2), end)
  placeCode(dictionary, hash, code)
  dictionary.count = code + 1
  return code
}

export function grown(address: usize, bytes: usize, newBytes: usize): usize {
  const moved = allocate(newBytes)
  memory.copy(moved, address, bytes)
  release(address, bytes)
  return moved
}

function placeCode(dictionary: Dictionary, hash: u32, code: u32): void {
  let slot = hash
  while (load<u32>(dictionary.slots + (<usize>(slot & dictionary.slotMask) << 3), 4) != 0) slot++
  const at = dictionary.slots + (<usize>(slot & dictionary.slotMask) << 3)
  store<u32>(at, hash)
  store<u32>(at, code + 1, 4)
}

function growSlots(dictionary: Dictionary): void {
  const before = dictionary.slots
  const slots = dictionary.slotMask + 1
  dictionary.slotMask = slots * 2 - 1
  dictionary.slots = allocate(<usize>slots << 4)
  memory.fill(dictionary.slots, 0, <usize>slots << 4)
  for (let i: u32 = 0; i < slots; i++) {
    const at = before + (<usize>i << 3)
    const code = load<u32>(at, 4)
    if (code != 0) placeCode(dictionary, load<u32>(at), code - 1)
  }
  release(before, <usize>slots << 3)
}

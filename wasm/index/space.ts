// The memory of an index, which has an instance of the core to itself. Blocks have sizes of classes, steps of 4 bytes up to 128
// and eight steps for each doubling above; a block that is given back is handed out again for its class, so an index whose series
// come and go stays as large as it was. Nothing here goes together with memory/heap.ts.

const SMALL: u32 = 128
const SMALL_CLASSES: u32 = 33
const CLASSES: i32 = 33 + 8 * 25
const PAGE_SHIFT: u32 = 16
/** 4 MiB, and 32 MiB at most: what is never written takes room in no machine. */
const GROWTH_PAGES: i32 = 64
const MOST_GROWTH_PAGES: i32 = 512
/** Past it, registering is refused: what one call takes fits into what is left of 4 GiB. */
const LIMIT: u64 = 0xf0000000

/** First free block of each class; its first word is the next one. */
const freeLists: usize = memory.data(233 * 4, 16)
const PARTS: i32 = 5
/** Bytes in use by part. */
const usage: usize = memory.data(5 * 4, 16)

export const SYMBOLS: u32 = 0
export const VALUES: u32 = 1
export const POSTINGS: u32 = 2
export const ENTRIES: u32 = 3
export const TABLE: u32 = 4

let top: usize = 0

export function forgetSpace(): void {
  top = (__heap_base + 15) & ~15
  memory.fill(freeLists, 0, CLASSES * 4)
  memory.fill(usage, 0, PARTS * 4)
}

/** Where blocks begin. */
export function spaceStart(): usize {
  return (__heap_base + 15) & ~15
}

/** Where blocks end so far. */
export function spaceEnd(): usize {
  return top
}

/** Grows memory up to an address; false where it cannot. */
export function reachTo(end: u64): bool {
  const have = (<u64>memory.size()) << PAGE_SHIFT
  return end <= have || (end <= LIMIT + <u64>0x100000 && memory.grow(<i32>((end - have + 0xffff) >> PAGE_SHIFT)) >= 0)
}

/** Variables and free blocks, for an image; returns where they end. */
export function saveSpace(at: usize): usize {
  store<u32>(at, <u32>top)
  memory.copy(at + 4, freeLists, CLASSES * 4)
  memory.copy(at + 4 + CLASSES * 4, usage, PARTS * 4)
  return at + 4 + CLASSES * 4 + PARTS * 4
}

export function loadSpace(at: usize): usize {
  top = <usize>load<u32>(at)
  memory.copy(freeLists, at + 4, CLASSES * 4)
  memory.copy(usage, at + 4 + CLASSES * 4, PARTS * 4)
  return at + 4 + CLASSES * 4 + PARTS * 4
}

export function isFull(): bool {
  return <u64>top > LIMIT
}

export function usedBytes(part: u32): u32 {
  return load<u32>(usage + (<usize>part << 2))
}

// @ts-ignore: decorator
@inline
function noteUse(part: u32, bytes: i32): void {
  const at = usage + (<usize>part << 2)
  store<i32>(at, load<i32>(at) + bytes)
}

// @ts-ignore: decorator
@inline
function classOf(bytes: u32): u32 {
  if (bytes <= SMALL) return (bytes + 3) >> 2
  const shift = 31 - clz<u32>(bytes - 1)
  return SMALL_CLASSES - 1 + ((shift - 7) << 3) + ((bytes - (1 << shift) + (1 << (shift - 3)) - 1) >> (shift - 3))
}

/** Bytes of a block of a class. */
// @ts-ignore: decorator
@inline
function sizeOf(number: u32): u32 {
  if (number < SMALL_CLASSES) return number << 2
  const step = number - SMALL_CLASSES
  return (<u32>1 << (7 + (step >> 3))) + (((step & 7) + 1) << (4 + (step >> 3)))
}

/** Address of at least `bytes` bytes, at least 1, aligned to 4, with any content. Traps where memory cannot grow, which `isFull` is asked about before. */
export function take(bytes: u32, part: u32): usize {
  const number = classOf(bytes)
  const size = sizeOf(number)
  noteUse(part, size)
  const list = freeLists + (<usize>number << 2)
  const free = <usize>load<u32>(list)
  if (free != 0) {
    store<u32>(list, load<u32>(free))
    return free
  }
  const address = top
  const end = <u64>address + size
  const have = (<u64>memory.size()) << PAGE_SHIFT
  if (end > have) {
    const pages = <i32>((end - have + 0xffff) >> PAGE_SHIFT)
    // Each growth makes a new buffer for the host, which for a moment counts beside the old one and has it collect: few are made.
    if (memory.grow(max(pages, min(max(GROWTH_PAGES, memory.size() >> 2), MOST_GROWTH_PAGES))) < 0 && memory.grow(pages) < 0) unreachable()
  }
  top = <usize>end
  return address
}

/** Gives back what `take(bytes, part)` returned. */
export function give(address: usize, bytes: u32, part: u32): void {
  const number = classOf(bytes)
  noteUse(part, -<i32>sizeOf(number))
  const list = freeLists + (<usize>number << 2)
  store<u32>(address, load<u32>(list))
  store<u32>(list, <u32>address)
}

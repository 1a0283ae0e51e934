// Memory that is asked for at run time. Blocks have sizes of powers of two, or of one of three between two of these, and are 16-byte
// aligned; a released block goes to the free list of its size and is handed out again. Nothing here is collected, and no class of
// AssemblyScript may be instantiated anywhere in the core: its allocator would start at the same address.

import { OVERREAD } from './scratch'

const SMALLEST_SHIFT: u32 = 4
/** From so many bytes on a quarter of the way to the next power of two is not finer than 16 bytes. */
const QUARTERED_SHIFT: u32 = 6
const PAGE_SHIFT: u32 = 16
/** 2 MiB, and 32 MiB at most: what is never written takes room in no machine. */
const GROWTH_PAGES: i32 = 32
const MOST_GROWTH_PAGES: i32 = 512
/** Readable bytes behind all that is allocated: blocks are read past the end of their payloads. */
const GUARD_BYTES: u64 = OVERREAD

/** Four for each power of two. */
const LISTS: i32 = 32 * 4
/** Heads of the free lists by size; the first word of a free block is the next one. */
const freeLists: usize = memory.data(LISTS * sizeof<usize>(), 16)

let top: usize = (__heap_base + 15) & ~15

// @ts-ignore: decorator
@inline
function sizeShift(bytes: usize): u32 {
  return bytes <= 1 << SMALLEST_SHIFT ? SMALLEST_SHIFT : 32 - clz<u32>(<u32>bytes - 1)
}

/** The head of the free list of blocks of a size. */
// @ts-ignore: decorator
@inline
function listOf(size: usize): usize {
  const shift: u32 = 31 - clz<u32>(<u32>size)
  const quarter: u32 = shift < QUARTERED_SHIFT ? 0 : (<u32>size >> (shift - 2)) & 3
  return freeLists + (<usize>((shift << 2) | quarter) << alignof<usize>())
}

function take(size: usize): usize {
  if (size > 0x40000000) unreachable()
  const list = listOf(size)
  const free = load<usize>(list)
  if (free != 0) {
    store<usize>(list, load<usize>(free))
    return free
  }
  const address = top
  const end = <u64>address + <u64>size
  const have = (<u64>memory.size()) << PAGE_SHIFT
  if (end + GUARD_BYTES > have) {
    const pages = <i32>((end + GUARD_BYTES - have + 0xffff) >> PAGE_SHIFT)
    // Each growth makes a new buffer for the host, which for a moment counts beside the old one and has it collect: few are made.
    if (memory.grow(max(pages, min(max(GROWTH_PAGES, memory.size() >> 2), MOST_GROWTH_PAGES))) < 0 && memory.grow(pages) < 0) unreachable()
  }
  top = <usize>end
  return address
}

function give(address: usize, size: usize): void {
  const list = listOf(size)
  store<usize>(address, load<usize>(list))
  store<usize>(list, address)
}

/**
 * Address of at least `bytes` bytes, aligned to 16, with any content. Traps where memory cannot grow.
 * It may grow the memory, after which views of the old buffer are detached.
 */
export function allocate(bytes: usize): usize {
  if (bytes > 0x40000000) unreachable()
  return take((<usize>1) << sizeShift(bytes))
}

/** Gives back what `allocate(bytes)` returned, with the same `bytes`. */
export function release(address: usize, bytes: usize): void {
  give(address, (<usize>1) << sizeShift(bytes))
}

/** A size of blocks that holds at least `bytes` bytes and, of more than some, less than a quarter more. */
export function closeSize(bytes: usize): usize {
  if (bytes <= 1 << QUARTERED_SHIFT) return (<usize>1) << sizeShift(bytes)
  const shift = 29 - clz<u32>(<u32>bytes - 1)
  return ((((<u32>bytes - 1) >> shift) + 1) << shift)
}

/** As `allocate`, for what stays: what comes and goes finds a block again where sizes are few. `size` is a `closeSize`. */
export function allocateClose(size: usize): usize {
  return take(size)
}

/** Gives back what `allocateClose(size)` returned. */
export function releaseClose(address: usize, size: usize): void {
  give(address, size)
}

/** Forgets everything that was allocated; the memory keeps its size. */
export function forgetAllocated(): void {
  top = (__heap_base + 15) & ~15
  memory.fill(freeLists, 0, LISTS * sizeof<usize>())
}

// Memory that is asked for at run time. Blocks have sizes of powers of two and are 16-byte aligned; a released block
// goes to the free list of its size and is handed out again. Nothing here is collected, and no class of
// AssemblyScript may be instantiated anywhere in the core: its allocator would start at the same address.

const SMALLEST_SHIFT: u32 = 4
const PAGE_SHIFT: u32 = 16
/** 2 MiB, and 32 MiB at most: what is never written takes room in no machine. */
const GROWTH_PAGES: i32 = 32
const MOST_GROWTH_PAGES: i32 = 512
/** Readable bytes behind all that is allocated: vectors may read past the end of what they are given. */
const GUARD_BYTES: u64 = 64

/** Heads of the free lists by size; the first word of a free block is the next one. */
const freeLists: usize = memory.data(32 * sizeof<usize>(), 16)

let top: usize = (__heap_base + 15) & ~15

// @ts-ignore: decorator
@inline
function sizeShift(bytes: usize): u32 {
  return bytes <= 1 << SMALLEST_SHIFT ? SMALLEST_SHIFT : 32 - clz<u32>(<u32>bytes - 1)
}

/**
 * Address of at least `bytes` bytes, aligned to 16, with any content. Traps where memory cannot grow.
 * It may grow the memory, after which views of the old buffer are detached.
 */
export function allocate(bytes: usize): usize {
  if (bytes > 0x40000000) unreachable()
  const shift = sizeShift(bytes)
  const list = freeLists + (<usize>shift << alignof<usize>())
  const free = load<usize>(list)
  if (free != 0) {
    store<usize>(list, load<usize>(free))
    return free
  }
  const address = top
  const end = <u64>address + ((<u64>1) << shift)
  const have = (<u64>memory.size()) << PAGE_SHIFT
  if (end + GUARD_BYTES > have) {
    const pages = <i32>((end + GUARD_BYTES - have + 0xffff) >> PAGE_SHIFT)
    // Each growth makes a new buffer for the host, which for a moment counts beside the old one and has it collect: few are made.
    if (memory.grow(max(pages, min(max(GROWTH_PAGES, memory.size() >> 2), MOST_GROWTH_PAGES))) < 0 && memory.grow(pages) < 0) unreachable()
  }
  top = <usize>end
  return address
}

/** Gives back what `allocate(bytes)` returned, with the same `bytes`. */
export function release(address: usize, bytes: usize): void {
  const list = freeLists + (<usize>sizeShift(bytes) << alignof<usize>())
  store<usize>(address, load<usize>(list))
  store<usize>(list, address)
}

/** Forgets everything that was allocated; the memory keeps its size. */
export function forgetAllocated(): void {
  top = (__heap_base + 15) & ~15
  memory.fill(freeLists, 0, 32 * sizeof<usize>())
}

import { HEADER_BYTES } from './header.ts'
import type { CoreExports, CoreInstance } from './memory.ts'

/** What is larger has a slab of its own. */
const SLAB_BYTES = 1 << 20
/** Headers of blocks are where their number says, counted from the start of the memory. */
const ALIGNMENT = HEADER_BYTES

interface Slab {
  allocated: number
  size: number
  from: number
  to: number
  /** Where gaps start and end, by turns and ascending; between two of them something is taken. */
  gaps: number[]
  /** No gap is wider; the widest may be less. */
  widest: number
}

/**
 * Places of any size in slabs of a core's memory, the first gap that is wide enough; a slab without any goes back to the heap. The heap hands
 * a place out again for its own size alone: with these in it, each size that was ever cached would keep its most.
 */
export class KeptSpace {
  /** Bytes that are taken. */
  bytes = 0
  readonly #heap: CoreExports
  /** By address. */
  readonly #slabs: Slab[] = []

  private constructor(heap: CoreExports) {
    this.#heap = heap
  }

  /** The one of a core. */
  static of(core: CoreInstance): KeptSpace {
    core.kept ??= new KeptSpace(core.exports)
    return core.kept
  }

  /** What a place for so many bytes takes. */
  sizeOf(bytes: number): number {
    return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  }

  /** Takes a place, aligned as headers are. The memory may grow. */
  take(size: number): number {
    this.bytes += size
    for (const slab of this.#slabs) {
      const at = slab.widest < size ? 0 : takeGap(slab, size)
      if (at > 0) return at
    }
    return takeGap(this.#addSlab(size), size)
  }

  give(at: number, size: number): void {
    this.bytes -= size
    const place = countBelow(this.#slabs.length, (i) => (this.#slabs[i] as Slab).from <= at) - 1
    const slab = this.#slabs[place] as Slab
    giveGap(slab, at, at + size)
    if (slab.gaps[0] !== slab.from || slab.gaps[1] !== slab.to) return
    this.#slabs.splice(place, 1)
    this.#heap.releaseClose(slab.allocated, slab.size)
  }

  #addSlab(bytes: number): Slab {
    const size = this.#heap.closeSize(Math.max(SLAB_BYTES, bytes + ALIGNMENT))
    const allocated = this.#heap.allocateClose(size) >>> 0
    const from = this.sizeOf(allocated)
    const to = from + Math.floor((allocated + size - from) / ALIGNMENT) * ALIGNMENT
    const slab = { allocated, size, from, to, gaps: [from, to], widest: to - from }
    const place = countBelow(this.#slabs.length, (i) => (this.#slabs[i] as Slab).from < from)
    this.#slabs.splice(place, 0, slab)
    return slab
  }
}

/** 0 where no gap is wide enough. */
function takeGap(slab: Slab, size: number): number {
  const { gaps } = slab
  let widest = 0
  for (let i = 0; i < gaps.length; i += 2) {
    const [start, end] = [gaps[i] as number, gaps[i + 1] as number]
    if (end - start >= size) {
      if (end - start === size) gaps.splice(i, 2)
      else gaps[i] = start + size
      return start
    }
    widest = Math.max(widest, end - start)
  }
  slab.widest = widest
  return 0
}

function giveGap(slab: Slab, start: number, end: number): void {
  const { gaps } = slab
  const next = 2 * countBelow(gaps.length / 2, (gap) => (gaps[2 * gap] as number) < start)
  const joinsLast = next > 0 && gaps[next - 1] === start
  const joinsNext = gaps[next] === end
  const from = joinsLast ? (gaps[next - 2] as number) : start
  const to = joinsNext ? (gaps[next + 1] as number) : end
  const first = joinsLast ? next - 2 : next
  gaps.splice(first, (joinsNext ? next + 2 : next) - first, from, to)
  slab.widest = Math.max(slab.widest, to - from)
}

/** How many of the first numbers are below something. */
function countBelow(count: number, isBelow: (i: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBelow(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** Sorted sets of u32 series refs, each ref once. */
export type Postings = Uint32Array

export const noPostings: Postings = new Uint32Array(0)

export function intersect(a: Postings, b: Postings): Postings {
  const out = new Uint32Array(Math.min(a.length, b.length))
  let count = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i] as number
    const y = b[j] as number
    if (x === y) out[count++] = x
    if (x <= y) i++
    if (y <= x) j++
  }
  return out.subarray(0, count)
}

/** What is in `a` and not in `b`. */
export function subtract(a: Postings, b: Postings): Postings {
  const out = new Uint32Array(a.length)
  let count = 0
  let j = 0
  for (const ref of a) {
    while (j < b.length && (b[j] as number) < ref) j++
    if (b[j] !== ref) out[count++] = ref
  }
  return out.subarray(0, count)
}

// Fixed places where the kernels of one call work. The core has one thread, and no call keeps anything in them but
// the spans and times of the current blocks, so they are shared. `OVERREAD` bytes after the payload may be read, never
// written.

export const BLOCK_ROWS: i32 = 1024
export const PAYLOAD_CAPACITY: i32 = 32768
const STAGING_CAPACITY: i32 = 65536
export const OVERREAD: i32 = 1024

/** Values of a block in natural order, 8 bytes each: f64 or i64. */
export const VALUES: usize = memory.data(BLOCK_ROWS * 8 + 32, 16)
/** Validity bitmap of a block: bit `i & 7` of byte `i >> 3`. */
export const VALIDITY: usize = memory.data(BLOCK_ROWS / 8, 16)
export const HEADER: usize = memory.data(64, 16)
export const PAYLOAD: usize = memory.data(PAYLOAD_CAPACITY + OVERREAD, 16)
/** Bytes on their way to a hash, and narrow values on their way to `VALUES`. */
export const STAGING: usize = memory.data(STAGING_CAPACITY, 16)

/** Offsets of a block in natural order, of 8, 16 or 32 bits; what a narrow integer stream decodes to. */
export const OFFSETS: usize = memory.data(BLOCK_ROWS * 4 + 64, 16)
/** 64-bit integers of a block in natural order; what a wide integer stream decodes to. */
export const INTEGERS: usize = memory.data(BLOCK_ROWS * 8 + 16, 16)
export const DELTAS: usize = memory.data(BLOCK_ROWS * 8 + 64, 16)
export const PACK_LOW: usize = memory.data(BLOCK_ROWS * 4, 16)
export const PACK_HIGH: usize = memory.data(BLOCK_ROWS * 4, 16)
export const LANES: usize = memory.data(BLOCK_ROWS * 4, 16)
export const PATCH_POSITIONS: usize = memory.data(BLOCK_ROWS * 2, 16)
export const PATCH_HIGHS: usize = memory.data(BLOCK_ROWS * 8, 16)
export const RUN_VALUES: usize = memory.data(BLOCK_ROWS * 8, 16)
export const RUN_LENGTHS: usize = memory.data(BLOCK_ROWS * 4, 16)
export const EXCEPTION_POSITIONS: usize = memory.data(BLOCK_ROWS * 2, 16)
export const EXCEPTION_BITS: usize = memory.data(BLOCK_ROWS * 8, 16)

/** Blocks of one call at most. */
export const BULK_BLOCKS: i32 = 16
const BULK_ROWS: i32 = BULK_BLOCKS * BLOCK_ROWS
/** Times of the current blocks in natural order, 1024 each, where they are not evenly spaced. */
export const TIMES: usize = memory.data(BULK_ROWS * 8, 16)
/** Triples of i32: from row, to row, window relative to the base window. */
export const SPAN_BYTES: i32 = 12
export const SPANS: usize = memory.data(BULK_ROWS * SPAN_BYTES, 16)
export const STATE_BYTES: i32 = 96
export const STATES: usize = memory.data(BULK_ROWS * STATE_BYTES, 16)

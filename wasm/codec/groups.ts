// Rows of many series, in any order, as groups: the rows of each series are brought together and encoded in one go, so that they
// are never anything but columns as they came and blocks.

import { allocate } from '../memory/heap'
import { HEADER, PAYLOAD_CAPACITY, VALUES } from '../memory/scratch'
import { encodeWholeAt } from './encode'
import { FLAG_ASCENDING, HEADER_BYTES, TYPE_TIME } from './header'

/** Rows of one call at most, and groups: each has so many rows at least. */
const MOST_ROWS: usize = 131072
const LEAST_ROWS: usize = 128
const MOST_GROUPS: usize = MOST_ROWS / LEAST_ROWS
/** What a payload takes beside 8 bytes a row at most. */
const SPARE_BYTES: usize = 256
/** What `encodeGroups` returns of times that do not rise. */
const UNORDERED: i32 = -1

let values: usize = 0
let order: usize = 0
let counts: usize = 0
let headers: usize = 0
let payloads: usize = 0

/** Makes room for groups, once. */
export function groupsCreate(): void {
  if (values != 0) return
  values = allocate(MOST_ROWS << 3)
  order = allocate(MOST_ROWS << 2)
  counts = allocate(MOST_GROUPS << 1)
  headers = allocate(MOST_GROUPS * HEADER_BYTES)
  payloads = allocate((MOST_ROWS << 3) + MOST_GROUPS * SPARE_BYTES + PAYLOAD_CAPACITY)
}

/** Where the values of a column are put, 8 bytes each, in the order in which they came. */
export function groupValues(): usize {
  return values
}

/** Where it is put which row of the column comes next, as u32, group after group. */
export function groupOrder(): usize {
  return order
}

/** Where it is put how many rows each group has, 1 to 1024, as u16. */
export function groupCounts(): usize {
  return counts
}

export function groupHeaders(): usize {
  return headers
}

export function groupPayloads(): usize {
  return payloads
}

/**
 * Encodes a column of f64, i64 or times as `count` blocks. Leaves the headers at `groupHeaders` and the payloads at `groupPayloads`, and
 * returns the bytes of the payloads; less than 0 where times of a group do not rise strictly.
 */
export function encodeGroups(type: i32, count: i32): i32 {
  let place = order
  let payload = payloads
  for (let group: usize = 0; group < <usize>count; group++) {
    const rows = <i32>load<u16>(counts + (group << 1))
    const end = place + (<usize>rows << 2)
    for (let to = VALUES; place < end; place += 4, to += 8) {
      store<u64>(to, load<u64>(values + (<usize>load<u32>(place) << 3)))
    }
    payload += <usize>encodeWholeAt(type, VALUES, rows, payload)
    if (type == TYPE_TIME && (<i32>load<u8>(HEADER, 6) & FLAG_ASCENDING) == 0) return UNORDERED
    memory.copy(headers + group * HEADER_BYTES, HEADER, HEADER_BYTES)
  }
  return <i32>(payload - payloads)
}

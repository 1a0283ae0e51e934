// What a model is trained on: the values of some blocks of one family, as integers.

import { decimalPlaces, exceptionCount, openBlock, storeFloats } from '../codec/block'
import { powerOfTen, scaleToIntegers } from '../codec/decimal'
import { storeDecoded } from '../codec/decoded'
import { FAMILY_DECIMALS, FAMILY_INTEGERS, headerFamily, headerRows } from '../codec/header'
import { allocate } from '../memory/heap'
import { INTEGERS, VALUES } from '../memory/scratch'

/** Values that share a model at most, and blocks. */
const MODEL_VALUES: i32 = 65536
const MOST_BLOCKS: i32 = 4096

/** First value of each block, and after the last one where it ends. */
const starts: usize = memory.data((MOST_BLOCKS + 1) * 4, 16)
export let blocks: i32 = 0
export let values: i32 = 0
/** Decimals of the blocks, where they are of decimals; whether they are; whether they are bits of floats. */
export let places: i32 = 0
export let scaled: bool = false
export let floats: bool = false

/** Of decimals the places of each block whose integers are there, or `AS_DOUBLES`, where there are exceptions. */
const AS_DOUBLES: u8 = 255
const blockPlaces: usize = memory.data(MOST_BLOCKS, 16)

/** The values as integers, doubles of decimals, residuals and room to sort them, eight bytes each. */
export let integers: usize = 0
let doubles: usize = 0
export let residuals: usize = 0
export let room: usize = 0

// @ts-ignore: decorator
@inline
export function blockStart(block: i32): i32 {
  return load<i32>(starts + (<usize>block << 2))
}

// @ts-ignore: decorator
@inline
export function blockIntegers(block: i32): usize {
  return integers + (<usize>blockStart(block) << 3)
}

// @ts-ignore: decorator
@inline
export function blockDoubles(block: i32): usize {
  return doubles + (<usize>blockStart(block) << 3)
}

/** Decimals of the trained blocks, -1 where they are not of decimals. */
export function trainedPlaces(): i32 {
  return scaled ? places : -1
}

/** Forgets what was collected. */
export function beginTraining(): void {
  if (integers == 0) {
    integers = allocate(MODEL_VALUES * 8)
    doubles = allocate(MODEL_VALUES * 8)
    residuals = allocate(MODEL_VALUES * 8 + 16)
    room = allocate(MODEL_VALUES * 8)
  }
  blocks = 0
  values = 0
  places = 0
  scaled = false
  floats = false
  store<i32>(starts, 0)
}

function storeIntegers(rows: i32): void {
  storeDecoded(rows, VALUES)
  memory.copy(integers + (<usize>values << 3), VALUES, <usize>rows << 3)
}

/** Adds the block at `HEADER` and `PAYLOAD`; all have one family. Returns 0, or why it cannot be read. */
export function addToTraining(bytes: i32): i32 {
  const status = openBlock(bytes)
  if (status != 0) return status
  const rows = headerRows()
  if (headerFamily() == FAMILY_DECIMALS) {
    scaled = true
    places = max(places, decimalPlaces())
    const apart = exceptionCount() > 0
    store<u8>(blockPlaces + <usize>blocks, apart ? AS_DOUBLES : <u8>decimalPlaces())
    if (apart) {
      storeFloats(VALUES)
      memory.copy(doubles + (<usize>values << 3), VALUES, <usize>rows << 3)
    } else {
      storeIntegers(rows)
    }
  } else {
    if (headerFamily() != FAMILY_INTEGERS) floats = true
    storeIntegers(rows)
  }
  values += rows
  blocks++
  store<i32>(starts + (<usize>blocks << 2), values)
  return 0
}

/** Whether a block has doubles, some of which may be exceptions; else its integers are all there is. */
export function hasDoubles(block: i32): bool {
  return load<u8>(blockPlaces + <usize>block) == AS_DOUBLES
}

/** Makes integers of decimals, all with the same places. */
export function scaleBlocks(): void {
  for (let block = 0; block < blocks; block++) {
    const own = <i32>load<u8>(blockPlaces + <usize>block)
    if (own == places) continue
    const rows = blockStart(block + 1) - blockStart(block)
    if (own != AS_DOUBLES) {
      const power = powerOfTen(own)
      for (let i: usize = 0; i < <usize>rows << 3; i += 8) {
        store<f64>(blockDoubles(block) + i, <f64>load<i64>(blockIntegers(block) + i) / power)
      }
      store<u8>(blockPlaces + <usize>block, AS_DOUBLES)
    }
    memory.copy(VALUES, blockDoubles(block), <usize>rows << 3)
    scaleToIntegers(VALUES, rows, places)
    memory.copy(blockIntegers(block), INTEGERS, <usize>rows << 3)
  }
}

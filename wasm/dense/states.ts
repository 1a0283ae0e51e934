// What tables of states have in common, whatever a state tells (tANS: Duda, 2013, tabled as in FSE by Collet).

export const MOST_TABLE_LOG: i32 = 12

/** Where the states of one meaning lie in a table: an odd step visits every place once. */
// @ts-ignore: decorator
@inline
export function spreadStep(log: i32): i32 {
  const states = 1 << log
  return ((states >> 1) + (states >> 3) + 3) | 1
}

/** Bytes before the entries of a slot; drawn in `model.ts`. */
export const SLOT_HEAD: usize = 80

// @ts-ignore: decorator
@inline
export function slotEntries(slot: usize): usize {
  return slot + SLOT_HEAD
}

import { loadColumns, saveColumns } from './columns'
import { loadDesk, saveDesk } from './desk'
import { loadRecords, saveRecords } from './records'
import { loadSeries, saveSeries } from './series'
import { loadSpace, reachTo, saveSpace, spaceEnd, spaceStart } from './space'
import { loadSymbols, saveSymbols } from './symbols'

// An index as bytes: all blocks as they lie in memory, then the variables of the modules. Addresses are as they are, so that
// an image is for the same build of the core and no other.

/** Bytes of the variables: 26 words, the free lists and the use of memory, the ends of a page. */
const STATE_BYTES: u32 = 26 * 4 + (233 + 5) * 4 + 1024 * 4

/** Where an image begins in memory. */
export function indexImageStart(): usize {
  return spaceStart()
}

/** Puts the variables behind the blocks, where no block is yet; returns the bytes of the image, 0 where memory cannot grow. */
export function indexSaveImage(): u32 {
  const end = spaceEnd()
  if (!reachTo(<u64>end + STATE_BYTES)) return 0
  if (saveSpace(saveDesk(saveSymbols(saveSeries(saveColumns(saveRecords(end)))))) != end + STATE_BYTES) unreachable()
  return <u32>(end + STATE_BYTES - spaceStart())
}

/** Makes room for an image of so many bytes, which the host then puts at its start; false where memory cannot grow. */
export function indexImageRoom(bytes: u32): bool {
  return bytes > STATE_BYTES && reachTo(<u64>spaceStart() + bytes)
}

/** Makes the index what the image is that was put. */
export function indexLoadImage(bytes: u32): void {
  const state = spaceStart() + bytes - STATE_BYTES
  loadSpace(loadDesk(loadSymbols(loadSeries(loadColumns(loadRecords(state))))))
}

import { noCounts, type ReadCounts } from '../core/read-counts.ts'

/** Groups that a scan adds without asking whether others should have a turn. */
export const GROUPS_A_TURN = 128

/** What a scan shares with those who ask for it: it counts what it does, and asks whether it goes on. */
export interface ScanUse {
  readonly counts: ReadCounts
  /**
   * To be called between parts of the work, with how many groups the next part has. What comes back, if anything, is to be
   * awaited: others have their turn meanwhile, also with the kernel. Throws `cancelled`, or rejects with it, where nobody
   * waits for the answer any more.
   */
  turn(groups: number): Promise<void> | undefined
}

/** The use of a scan that nobody ends and that has all the time it wants. */
export function freeUse(): ScanUse {
  return { counts: noCounts(), turn: () => undefined }
}

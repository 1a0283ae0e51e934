import { type ColdFileInfo, DAY_NS, isKeepable, nameProblem } from './cold-manifest.ts'

/** When days of a table become cold. A day that is not over for at least an hour never does. */
export interface TierRule {
  /** Milliseconds after its end. */
  afterMs?: number
  /** Oldest first, while the table's segments take more than so many bytes here. */
  maxLocalBytes?: number
}

/** What segments hold of a table. */
export interface LocalTable {
  table: string
  /** About the bytes that it takes in segments. */
  bytes: number
  /** Days with rows, and how many, ascending. */
  days: readonly { day: number; rows: number }[]
}

/** A day of a table that is to become cold, with what is cold of it already. */
export interface Move {
  table: string
  day: number
}

/** Days that one round moves at most, so that others get a turn. */
export const MAX_DAYS = 16
const SETTLE_NS = 3_600_000_000_000n

/** What to move next, oldest days first. */
export function planMoves(
  tables: readonly LocalTable[],
  ruleOf: (table: string) => TierRule | undefined,
  now: bigint,
): Move[] {
  const moves: Move[] = []
  for (const local of tables) {
    const rule = ruleOf(local.table)
    if (rule === undefined || nameProblem(local.table) !== undefined) continue
    const rows = local.days.reduce((total, day) => total + day.rows, 0)
    let bytes = local.bytes
    for (const { day, rows: rowsOfDay } of local.days) {
      const end = BigInt(day + 1) * DAY_NS
      if (!isKeepable(day) || end + SETTLE_NS > now) continue
      const isOld = rule.afterMs !== undefined && end + millisecondsToNs(rule.afterMs) <= now
      const isTooMuch = rule.maxLocalBytes !== undefined && bytes > rule.maxLocalBytes
      if (!isOld && !isTooMuch) continue
      moves.push({ table: local.table, day })
      bytes -= (local.bytes * rowsOfDay) / rows
    }
  }
  return moves.sort((a, b) => a.day - b.day).slice(0, MAX_DAYS)
}

/** Days of which files are to be written anew, oldest first. */
export function planRewrites(files: readonly ColdFileInfo[], isDue: (file: ColdFileInfo) => boolean): Move[] {
  const due = new Map<string, Move>()
  for (const file of files) {
    const { table, day } = file
    if (isDue(file)) due.set(`${day} ${table}`, { table, day })
  }
  return [...due.values()].sort((a, b) => a.day - b.day).slice(0, MAX_DAYS)
}

/** Files of which every row has expired. */
export function planExpiry(
  files: readonly ColdFileInfo[],
  expiryOf: (table: string) => bigint | undefined,
): ColdFileInfo[] {
  return files.filter(({ table, maxTime }) => {
    const expiry = expiryOf(table)
    return expiry !== undefined && maxTime < expiry
  })
}

function millisecondsToNs(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n
}

import { type ColdFileInfo, DAY_NS, isKeepable, nameProblem } from './cold-manifest.ts'

/** When days of a table become cold. A day that is not over for at least an hour never does. */
export interface TierRule {
  /** Milliseconds after its end. */
  afterMs?: number
  /** Those that were read least recently first, of such the oldest, while the table's segments take more than so many bytes here. */
  maxLocalBytes?: number
  /** Days that a query has read rows of stay for so many milliseconds after it, whatever else the rule says. */
  keepReadMs?: number
}

/** What segments hold of a table. */
export interface LocalTable {
  table: string
  /** About the bytes that it takes in segments. */
  bytes: number
  /** Days with rows, ascending. */
  days: readonly LocalDay[]
}

export interface LocalDay {
  day: number
  rows: number
  /** When a query last read of it. */
  lastRead?: bigint
}

/** A day of a table that is to become cold, with what is cold of it already. */
export interface Move {
  table: string
  day: number
}

/** Days that one round moves at most, so that others get a turn. */
export const MAX_DAYS = 16
const SETTLE_NS = 3_600_000_000_000n

/** What to move next. */
export function planMoves(
  tables: readonly LocalTable[],
  ruleOf: (table: string) => TierRule | undefined,
  now: bigint,
): Move[] {
  const moves: Move[] = []
  for (const local of tables) {
    const rule = ruleOf(local.table)
    if (rule === undefined || nameProblem(local.table) !== undefined) continue
    moves.push(...chooseDays(local, rule, now).map(({ day }) => ({ table: local.table, day })))
  }
  return moves.sort((a, b) => a.day - b.day).slice(0, MAX_DAYS)
}

function chooseDays(
  { bytes, days }: LocalTable,
  { afterMs, maxLocalBytes, keepReadMs }: TierRule,
  now: bigint,
): LocalDay[] {
  const movable = days.filter(({ day, lastRead }) => {
    if (!isKeepable(day) || endOf(day) + SETTLE_NS > now) return false
    return keepReadMs === undefined || lastRead === undefined || lastRead + millisecondsToNs(keepReadMs) <= now
  })
  const isOld = ({ day }: LocalDay): boolean => afterMs !== undefined && endOf(day) + millisecondsToNs(afterMs) <= now
  const old = movable.filter(isOld)
  if (maxLocalBytes === undefined) return old
  const rows = days.reduce((total, day) => total + day.rows, 0)
  let left = bytes - old.reduce((total, day) => total + (bytes * day.rows) / rows, 0)
  const others = movable.filter((day) => !isOld(day)).sort((a, b) => compareReads(a, b) || a.day - b.day)
  const chosen = others.filter((day) => {
    if (left <= maxLocalBytes) return false
    left -= (bytes * day.rows) / rows
    return true
  })
  return [...old, ...chosen]
}

/** Days that nobody has read of come first. */
function compareReads({ lastRead: a = 0n }: LocalDay, { lastRead: b = 0n }: LocalDay): number {
  return a < b ? -1 : Number(a > b)
}

function endOf(day: number): bigint {
  return BigInt(day + 1) * DAY_NS
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

import type { Measure } from './plan.ts'

/** What a rollup keeps of each field in each window, besides its count. */
export const ROLLUP_MEASURES: readonly Measure[] = ['sum', 'min', 'max', 'first', 'last']

/** Fields of a rollup that hold the state of one field of its table. */
export const ROLLUP_PARTS = ['count', 'high', 'low', 'min', 'max', 'first', 'firstTime', 'last', 'lastTime'] as const
export type RollupPart = (typeof ROLLUP_PARTS)[number]

/**
 * Windows of one width that are kept of a table. A window is computed from rows, a minute or two after it is over: where
 * rows expire, they have to be kept for longer than that.
 */
export interface RollupRule {
  /** Width of the windows in milliseconds; they begin at multiples of it since 1970 UTC. */
  everyMs: number
  /** How long windows are kept; for ever where it is absent. */
  keepMs?: number
}

/** Most widths of one table: every one is written again when late rows come. */
export const MAX_ROLLUPS = 8

// Line protocol cannot write a newline into a name, and `append` refuses one.
const SEPARATOR = '\n'

/** The field of a rollup that counts rows. */
export const ROLLUP_ROWS: string = `${SEPARATOR}rows`

/** The table that holds the windows of `width` ns of another one: a row for each of its series and windows. */
export function rollupTable(table: string, width: bigint): string {
  return `${table}${SEPARATOR}${width}`
}

/** Table and width of a rollup's name; `undefined` for any other table. */
export function parseRollupTable(name: string): { table: string; width: bigint } | undefined {
  const at = name.lastIndexOf(SEPARATOR)
  return at < 0 ? undefined : { table: name.slice(0, at), width: BigInt(name.slice(at + 1)) }
}

export function rollupField(field: string, part: RollupPart): string {
  return `${field}${SEPARATOR}${part}`
}

/** Whether a name could be taken for one of a rollup. */
export function isReservedName(name: string): boolean {
  return name.includes(SEPARATOR)
}

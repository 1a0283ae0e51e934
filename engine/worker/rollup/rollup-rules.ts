import { TidemarkError } from '../../core/errors.ts'
import { MAX_ROLLUPS, parseRollupTable, type RollupRule, rollupTable } from '../../core/rollup.ts'

/** Rules by a table's name or by a prefix that ends in `*`. */
export type RollupRules = Readonly<Record<string, readonly RollupRule[]>>

const NS_PER_MS = 1_000_000n

/** Throws `invalid` where a rule cannot be. */
export function checkRollups(rules: RollupRules): void {
  for (const [name, ofTable] of Object.entries(rules)) {
    const where = `the rollups of '${name}'`
    if (ofTable.length > MAX_ROLLUPS)
      throw new TidemarkError('invalid', `${where} are ${ofTable.length}, at most ${MAX_ROLLUPS} are possible`)
    for (const { everyMs, keepMs = 1 } of ofTable) {
      if (Number.isSafeInteger(everyMs) && everyMs > 0 && Number.isSafeInteger(keepMs) && keepMs > 0) continue
      throw new TidemarkError('invalid', `${where}: everyMs and keepMs are whole milliseconds above 0`)
    }
  }
}

/** The rules of a table: those of the longest name that fits. */
export function rollupsOf(rules: RollupRules, table: string): readonly RollupRule[] {
  const name = fittingName(Object.keys(rules), table)
  return name === undefined ? [] : (rules[name] ?? [])
}

/** Widths in ns of the windows that are kept, ascending. */
export function widthsOf(rules: readonly RollupRule[]): bigint[] {
  const widths = rules.map(({ everyMs }) => BigInt(everyMs) * NS_PER_MS)
  return [...new Set(widths)].sort((a, b) => (a < b ? -1 : 1))
}

/** How long windows are kept, in milliseconds, by the name of the rollup; prefixes stay prefixes. */
export function rollupRetention(rules: RollupRules): Record<string, number> {
  const kept = Object.entries(rules).flatMap(([name, ofTable]) =>
    ofTable.flatMap(({ everyMs, keepMs }) =>
      keepMs === undefined ? [] : [[rollupTable(name, BigInt(everyMs) * NS_PER_MS), keepMs] as const],
    ),
  )
  return Object.fromEntries(kept)
}

/** Of names and of prefixes that end in `*` the longest that fits a table. Those of rollups fit rollups of their width alone. */
export function fittingName(names: Iterable<string>, table: string): string | undefined {
  const wanted = parseRollupTable(table)
  let best: string | undefined
  for (const name of names) {
    const rule = parseRollupTable(name)
    if (rule?.width !== wanted?.width) continue
    const pattern = rule?.table ?? name
    const whole = wanted?.table ?? table
    const fits = pattern.endsWith('*') ? whole.startsWith(pattern.slice(0, -1)) : pattern === whole
    if (fits && name.length > (best?.length ?? -1)) best = name
  }
  return best
}

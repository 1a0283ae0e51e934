import { fittingName } from './rollup/rollup-rules.ts'

/** How long rows are kept, in nanoseconds, by a table's name or by a prefix that ends in `*`. */
export type Retention = ReadonlyMap<string, bigint>

/** Retention from milliseconds by name or prefix. */
export function retentionOf(retentionMs: Readonly<Record<string, number>>): Retention {
  return new Map(Object.entries(retentionMs).map(([name, ms]) => [name, BigInt(Math.round(ms)) * 1_000_000n]))
}

/** How long rows of a table are kept; `undefined` where that is for ever. The longest name that fits decides. */
export function retentionIn(retention: Retention, table: string): bigint | undefined {
  const name = fittingName(retention.keys(), table)
  return name === undefined ? undefined : retention.get(name)
}

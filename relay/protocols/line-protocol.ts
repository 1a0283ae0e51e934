/** A value of a field, with the type that line protocol gives it: `bigint` is i64, `number` f64. */
export type LineValue = bigint | number | boolean | string

export interface Line {
  table: string
  tags: Iterable<readonly [key: string, value: string]>
  fields: Iterable<readonly [key: string, value: LineValue]>
  /** Nanoseconds since 1970 UTC. */
  time: bigint
}

/**
 * One row as a line of line protocol, without its line feed; `undefined` where it cannot be said there: no fields, or no
 * finite field among them (NaN and infinities have no spelling).
 */
export function printLine({ table, tags, fields, time }: Line): string | undefined {
  let head = escapeName(table, /[, ]/g)
  for (const [key, value] of tags)
    if (value !== '') head += `,${escapeName(key, /[,= ]/g)}=${escapeName(value, /[,= ]/g)}`
  const values: string[] = []
  for (const [key, value] of fields) {
    if (typeof value === 'number' && !Number.isFinite(value)) continue
    values.push(`${escapeName(key, /[,= ]/g)}=${printValue(value)}`)
  }
  return values.length === 0 ? undefined : `${head} ${values.join(',')} ${time}`
}

/** A line feed cannot be escaped in a name, so that it is written as the two characters that most readers take for it. */
function escapeName(name: string, special: RegExp): string {
  return name.replace(special, '\\$&').replaceAll('\n', '\\n')
}

function printValue(value: LineValue): string {
  if (typeof value === 'bigint') return `${value}i`
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  return String(value)
}

/**
 * Least and greatest of some times, at least one; of all, or of those at `places`. By 32-bit halves, since a BigInt for each
 * of many rows costs more than the rest of an append.
 */
export function timeExtremes(times: BigInt64Array, places?: Uint32Array): [least: bigint, greatest: bigint] {
  const low = new Uint32Array(times.buffer, times.byteOffset, 2 * times.length)
  const high = new Int32Array(times.buffer, times.byteOffset, 2 * times.length)
  const count = places?.length ?? times.length
  let least = places ? (places[0] as number) : 0
  let greatest = least
  for (let i = 1; i < count; i++) {
    const row = places ? (places[i] as number) : i
    if (isLess(low, high, row, least)) least = row
    else if (isLess(low, high, greatest, row)) greatest = row
  }
  return [times[least] as bigint, times[greatest] as bigint]
}

function isLess(low: Uint32Array, high: Int32Array, a: number, b: number): boolean {
  const highA = high[2 * a + 1] as number
  const highB = high[2 * b + 1] as number
  return highA < highB || (highA === highB && (low[2 * a] as number) < (low[2 * b] as number))
}

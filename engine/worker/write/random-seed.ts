/** 128 bits that nobody else knows. */
export function randomSeed(): readonly [bigint, bigint] {
  const [low = 0n, high = 0n] = crypto.getRandomValues(new BigUint64Array(2))
  return [low, high]
}

/** Domain and ticks of a value axis; the ticks lie within the domain and its ends are ticks. */
export interface ValueScale {
  min: number
  max: number
  ticks: readonly number[]
}

const DECIMAL_STEPS = [1, 2, 5]
/** Steps within one power of 1024 that read as round numbers of KiB, MiB and so on. */
const BINARY_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500]

function niceStep(rough: number, binary: boolean): number {
  const base = binary && rough >= 1 ? 1024 : 10
  const power = base ** Math.floor(Math.log(rough) / Math.log(base))
  const steps = base === 1024 ? BINARY_STEPS : DECIMAL_STEPS
  // The tolerance lets 0.1 + 0.2 pass as 0.3.
  const step = steps.find((candidate) => candidate * power >= rough * (1 - 1e-9))
  return step === undefined ? power * base : step * power
}

/** Ranges narrower than this share of their values are drawn as constant: ticks would differ in digits nobody reads. */
const FLAT = 1e-9
/** Values below this are drawn as 0; steps between them would not be numbers any more. */
const TINY = 1e-300

/**
 * The smallest round scale that covers `[low, high]` with about `count` steps. Bytes step in powers of two. A range
 * without extent is widened, so that a constant line has room.
 */
export function valueScale(low: number, high: number, options: { count: number; binary: boolean }): ValueScale {
  if (!(low <= high) || !Number.isFinite(low) || !Number.isFinite(high)) return { min: 0, max: 1, ticks: [0, 1] }
  const size = Math.max(Math.abs(low), Math.abs(high))
  const isFlat = high - low <= size * FLAT || size < TINY
  const padding = isFlat ? size * 0.1 : 0
  const bottom = size < TINY ? 0 : low - padding
  const top = size < TINY ? 1 : high + padding
  const step = niceStep((top - bottom) / Math.max(1, options.count), options.binary)
  const first = Math.floor(bottom / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(top / step - 1e-9))
  const ticks: number[] = []
  for (let i = first; i <= last; i++) ticks.push(Number((i * step).toPrecision(12)))
  return { min: ticks[0] ?? 0, max: ticks.at(-1) ?? 1, ticks }
}

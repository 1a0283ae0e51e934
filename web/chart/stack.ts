import type { ChartLine } from './line.ts'

/** A line drawn upon the ones before it: the area between `base` and the line's values. */
export interface StackedLine extends ChartLine {
  base: ArrayLike<number>
}

/** Sums the lines up, in order, at every time that one of them has; a value that is missing adds nothing. */
export function stackLines(lines: readonly ChartLine[]): StackedLine[] {
  const union = new Set<number>()
  for (const { times } of lines) for (let i = 0; i < times.length; i++) union.add(times[i] ?? 0)
  const times = Float64Array.from(union).sort()
  let base = new Float64Array(times.length)
  return lines.map((line) => {
    const top = base.slice()
    let at = 0
    for (let i = 0; i < times.length; i++) {
      if (line.times[at] !== times[i]) continue
      const value = line.values[at++] ?? 0
      if (!Number.isNaN(value)) top[i] = (top[i] ?? 0) + value
    }
    const stacked = { name: line.name, times, values: top, base }
    base = top
    return stacked
  })
}

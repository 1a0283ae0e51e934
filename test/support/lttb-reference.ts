type Point = readonly [x: number, y: number]

/** Steinarsson's own program (github.com/sveinn-steinarsson/flot-downsample), line by line. */
export function lttbReference(data: readonly Point[], threshold: number): readonly Point[] {
  if (threshold >= data.length || threshold === 0) return data
  const at = (i: number): Point => data[i] ?? [0, 0]
  const sampled: Point[] = [at(0)]
  const every = (data.length - 2) / (threshold - 2)
  let a = 0
  for (let i = 0; i < threshold - 2; i++) {
    let avgX = 0
    let avgY = 0
    let avgStart = Math.floor((i + 1) * every) + 1
    const avgEnd = Math.min(Math.floor((i + 2) * every) + 1, data.length)
    const avgLength = avgEnd - avgStart
    for (; avgStart < avgEnd; avgStart++) {
      avgX += at(avgStart)[0]
      avgY += at(avgStart)[1]
    }
    avgX /= avgLength
    avgY /= avgLength
    const [pointX, pointY] = at(a)
    let maxArea = -1
    let next = a
    for (let k = Math.floor(i * every) + 1; k < Math.floor((i + 1) * every) + 1; k++) {
      const area = Math.abs((pointX - avgX) * (at(k)[1] - pointY) - (pointX - at(k)[0]) * (avgY - pointY)) * 0.5
      if (area > maxArea) {
        maxArea = area
        next = k
      }
    }
    sampled.push(at(next))
    a = next
  }
  sampled.push(at(data.length - 1))
  return sampled
}

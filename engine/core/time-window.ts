import { addUnits, type CalendarWidth, nextWindow, windowStart, windowStarts } from './calendar.ts'
import { TidemarkError } from './errors.ts'
import { printDuration } from './time.ts'
import { type Zone, zoneOf } from './zone.ts'

/** Windows `[origin + k * step, origin + k * step + width)`; without a step they follow one another. */
export interface FixedWindow {
  kind: 'fixed'
  origin: bigint
  width: bigint
  step?: bigint
}

/** Windows of units of the calendar in a zone, counted from 1970 or from an origin, where one begins. */
export interface CalendarWindow extends CalendarWidth {
  kind: 'calendar'
  zone: string
  origin?: bigint
}

export type TimeWindow = FixedWindow | CalendarWindow

/** Half-open. */
export interface TimeRange {
  start: bigint
  end: bigint
}

/** Most windows of one range. */
export const MAX_RANGE_WINDOWS = 10_000_000

/** From the start of a window to that of the next, of windows of fixed length. */
export function stepOf({ width, step }: FixedWindow): bigint {
  return step ?? width
}

/** The window that begins last of those that a time is in. */
export function windowAt(time: bigint, window: TimeWindow): TimeRange {
  if (window.kind === 'fixed') {
    const step = stepOf(window)
    const past = (time - window.origin) % step
    const start = time - (past < 0n ? past + step : past)
    return { start, end: start + window.width }
  }
  const zone = zoneOf(window.zone)
  if (window.origin !== undefined) return windowFrom(window.origin, { time, window, zone })
  const start = windowStart(time, window, zone)
  return { start, end: nextWindow(start, window, zone) }
}

/** The window of a time where they are counted from an origin. */
function windowFrom(
  origin: bigint,
  { time, window: { unit, count }, zone }: { time: bigint; window: CalendarWindow; zone: Zone },
): TimeRange {
  const startOf = (k: number): bigint => addUnits(origin, { unit, count: k * count }, zone)
  let k = Math.floor(Number(time - origin) / Number(addUnits(0n, { unit, count })))
  while (startOf(k) > time) k--
  while (startOf(k + 1) <= time) k++
  return { start: startOf(k), end: startOf(k + 1) }
}

/** The start of the first window that has a part at a time or behind it. */
export function firstStart(time: bigint, window: TimeWindow): bigint {
  if (window.kind === 'calendar') return windowAt(time, window).start
  return windowAt(time - window.width + stepOf(window), window).start
}

/** The starts of the windows from one start on, before an end, in order. Throws `quota` where there are too many. */
export function startsBetween({ start, end }: TimeRange, window: TimeWindow): BigInt64Array<ArrayBuffer> {
  if (window.kind === 'fixed') {
    const step = stepOf(window)
    const count = end <= start ? 0n : (end - start + step - 1n) / step
    if (count > MAX_RANGE_WINDOWS) throw tooManyWindows()
    return BigInt64Array.from({ length: Number(count) }, (_, k) => start + BigInt(k) * step)
  }
  if (window.origin === undefined) {
    return BigInt64Array.from(windowStarts({ start, end }, window, zoneOf(window.zone), MAX_RANGE_WINDOWS))
  }
  const starts: bigint[] = []
  for (let at = start; at < end; at = windowAt(at, window).end) {
    if (starts.length === MAX_RANGE_WINDOWS) throw tooManyWindows()
    starts.push(at)
  }
  return BigInt64Array.from(starts)
}

function tooManyWindows(): TidemarkError {
  return new TidemarkError('quota', `the range of time has more than ${MAX_RANGE_WINDOWS} windows`, {
    hint: 'Use wider windows or a shorter range of time.',
  })
}

/** Windows of fixed length that follow one another, in a part of the time. */
export interface WindowRun {
  window: { origin: bigint; width: bigint }
  range: TimeRange
}

/**
 * The same windows as runs of windows of one length: between two changes of a zone's clock all days have as many hours.
 * The runs of windows that overlap are those that do not, one from each step on.
 */
export function windowRuns(window: TimeWindow, range: TimeRange): WindowRun[] {
  if (window.kind === 'fixed') {
    const { origin, width } = window
    const step = stepOf(window)
    const count = Number(width / step)
    return Array.from({ length: count }, (_, k) => ({ window: { origin: origin + BigInt(k) * step, width }, range }))
  }
  if (range.start >= range.end) return []
  const first = windowAt(range.start, window).start
  const starts = startsBetween({ start: first, end: range.end }, window)
  const runs: WindowRun[] = []
  starts.forEach((start, k) => {
    const end = starts[k + 1] ?? windowAt(start, window).end
    const width = end - start
    const last = runs.at(-1)
    const cut = end < range.end ? end : range.end
    if (last?.window.width === width) last.range.end = cut
    else
      runs.push({
        window: { origin: start, width },
        range: { start: start > range.start ? start : range.start, end: cut },
      })
  })
  return runs
}

/** The length of most windows, in ns. */
export function usualWidth(window: TimeWindow): bigint {
  if (window.kind === 'fixed') return window.width
  return addUnits(0n, window)
}

/** Windows as text. */
export function printWindow(window: TimeWindow): string {
  if (window.kind === 'fixed') {
    const step = window.step === undefined ? '' : ` step ${printDuration(window.step)}`
    return `${printDuration(window.width)}${step}`
  }
  const { unit, count, zone } = window
  return `${count} ${unit}${count === 1 ? '' : 's'} in ${zone}`
}

import type { ChartLine } from './line.ts'
import { reduceLine } from './reduce.ts'
import type { StackedLine } from './stack.ts'

/** Pixel of a value: `offset + scale * value`. */
export interface AffineScale {
  offset: number
  scale: number
}

export interface Frame {
  left: number
  right: number
  top: number
  bottom: number
  start: number
  end: number
  x: AffineScale
  y: AffineScale
  /** A longer step in time is a hole. */
  maxGapMs: number
}

export interface LineStyle {
  color: string
  width: number
  /** Opacity of the area down to the axis; 0 for none. */
  fill: number
}

type Context = Pick<
  CanvasRenderingContext2D,
  'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'fill' | 'closePath' | 'arc' | 'save' | 'restore' | 'rect' | 'clip'
> & {
  strokeStyle: string | CanvasGradient | CanvasPattern
  fillStyle: string | CanvasGradient | CanvasPattern
  lineWidth: number
  lineJoin: CanvasLineJoin
  globalAlpha: number
}

/** A run of neighbouring points without a hole, in pixels. */
interface Run {
  xs: number[]
  ys: number[]
}

/** Splits a line into runs at holes and long gaps, reduced to what the pixels can show. */
export function runsOf(line: ChartLine, frame: Frame): Run[] {
  const columns = Math.max(1, Math.round(frame.right - frame.left))
  const points = reduceLine(line, { start: frame.start, end: frame.end, columns })
  const runs: Run[] = []
  let run: Run | undefined
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < points.count; i++) {
    const time = points.times[i] ?? 0
    const value = points.values[i] ?? Number.NaN
    if (!Number.isFinite(value)) {
      run = undefined
      continue
    }
    if (run === undefined || time - last > frame.maxGapMs) {
      run = { xs: [], ys: [] }
      runs.push(run)
    }
    run.xs.push(frame.x.offset + frame.x.scale * time)
    run.ys.push(frame.y.offset + frame.y.scale * value)
    last = time
  }
  return runs
}

/** Keeps what follows within the frame until `restore`. */
export function clipToFrame(context: Context, frame: Frame): void {
  context.save()
  context.beginPath()
  context.rect(frame.left, frame.top - 1, frame.right - frame.left, frame.bottom - frame.top + 2)
  context.clip()
}

function tracePath(context: Context, { xs, ys }: Run): void {
  for (let i = 0; i < xs.length; i++) {
    if (i === 0) context.moveTo(xs[i] ?? 0, ys[i] ?? 0)
    else context.lineTo(xs[i] ?? 0, ys[i] ?? 0)
  }
}

/** Draws one line, with a dot where a value stands alone, and its area where the style has one. */
export function drawLine(context: Context, line: ChartLine, frame: Frame, style: LineStyle): void {
  context.strokeStyle = style.color
  context.fillStyle = style.color
  context.lineWidth = style.width
  context.lineJoin = 'round'
  const base = Math.min(frame.bottom, Math.max(frame.top, frame.y.offset))
  for (const run of runsOf(line, frame)) {
    const [x = 0] = run.xs
    context.beginPath()
    if (run.xs.length === 1) {
      context.arc(x, run.ys[0] ?? 0, Math.max(1.5, style.width), 0, 2 * Math.PI)
      context.fill()
      continue
    }
    tracePath(context, run)
    context.stroke()
    if (style.fill === 0) continue
    context.globalAlpha = style.fill
    context.lineTo(run.xs.at(-1) ?? 0, base)
    context.lineTo(x, base)
    context.closePath()
    context.fill()
    context.globalAlpha = 1
  }
}

/** Draws the area between a stacked line and what it stands on. */
export function drawStacked(context: Context, line: StackedLine, frame: Frame, style: LineStyle): void {
  const tops = runsOf(line, frame)
  const bases = runsOf({ name: line.name, times: line.times, values: line.base }, frame)
  context.fillStyle = style.color
  context.strokeStyle = style.color
  context.lineWidth = style.width
  tops.forEach((top, i) => {
    const base = bases[i]
    if (base === undefined) return
    context.beginPath()
    tracePath(context, top)
    for (let k = base.xs.length - 1; k >= 0; k--) context.lineTo(base.xs[k] ?? 0, base.ys[k] ?? 0)
    context.closePath()
    context.globalAlpha = style.fill
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    tracePath(context, top)
    context.stroke()
  })
}

import { axisX, axisY, gridY, plot } from '@observablehq/plot'
import { timeTickPrinter, type Zone } from './time-tick.ts'
import type { ValueScale } from './value-scale.ts'

export interface AxesOptions {
  width: number
  height: number
  start: number
  end: number
  value: ValueScale
  printTick: (value: number) => string
  zone: Zone
}

/** Room for the value ticks on the left and the time ticks below. */
export const MARGIN: Readonly<{ top: number; right: number; bottom: number; left: number }> = {
  top: 8,
  // Half of the label of a tick at the end.
  right: 28,
  bottom: 26,
  left: 66,
}

/** Pixels of one time tick with its label. */
const TIME_TICK_PIXELS = 84

/** Axes and grid as Plot draws them, with Plot's scales as affine maps for the layer that moves. */
export interface Axes {
  svg: Element
  options: AxesOptions
  x: { offset: number; scale: number }
  y: { offset: number; scale: number }
}

interface PlotScale {
  apply(value: unknown): unknown
}

function affine(scale: PlotScale, [low, high]: readonly [unknown, unknown], from: number, to: number): Axes['x'] {
  const start = Number(scale.apply(low))
  const factor = (Number(scale.apply(high)) - start) / (to - from)
  return { offset: start - from * factor, scale: factor }
}

/** Draws axes and a horizontal grid for one frame of a chart. */
export function drawAxes(options: AxesOptions): Axes {
  const { width, height, value, zone } = options
  const domain = [new Date(options.start), new Date(options.end)] as const
  const svg = plot({
    width,
    height,
    marginTop: MARGIN.top,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    className: 'axes-of-plot',
    style: { background: 'none', overflow: 'visible' },
    x: { type: zone === 'utc' ? 'utc' : 'time', domain: [...domain], label: null },
    y: { type: 'linear', domain: [value.min, value.max], label: null },
    marks: [
      gridY(value.ticks, { stroke: 'var(--grid)', strokeOpacity: 1 }),
      axisY({ ticks: [...value.ticks], tickFormat: options.printTick, tickSize: 0, tickPadding: 8 }),
      axisX({
        ticks: Math.max(2, Math.floor((width - MARGIN.left) / TIME_TICK_PIXELS)),
        tickSize: 4,
        tickPadding: 5,
        tickFormat: timeTickPrinter(options.end - options.start, zone),
      }),
    ],
  })
  const [x, y] = [svg.scale('x'), svg.scale('y')]
  if (x === undefined || y === undefined) throw new Error('Plot drew a chart without scales')
  return {
    svg,
    options,
    x: affine(x, domain, options.start, options.end),
    y: affine(y, [value.min, value.max], value.min, value.max),
  }
}

/** Moves the time axis along until the chart's turn comes to draw it anew. */
export function shiftTimeAxis(axes: Axes, pixels: number): void {
  for (const group of axes.svg.querySelectorAll<SVGGElement>('[aria-label^="x-axis"]')) {
    // Not `transform`: Plot's own, which places the labels, would be lost.
    group.style.translate = `${pixels}px 0`
  }
}

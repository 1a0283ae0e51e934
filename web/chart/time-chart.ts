import {
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
  unsafeCSS,
} from 'lit'
import { SCHEME_EVENT } from '../theme/color-scheme.ts'
import { SERIES_COLORS } from '../theme/palette.ts'
import { ChartCursor } from './chart-cursor.ts'
import { chartStyles } from './chart-styles.ts'
import { type Drawable, FrameTurns } from './frame-turns.ts'
import { type ChartLine, nearestIndex, valueExtent } from './line.ts'
import { clipToFrame, drawLine, drawStacked, type Frame } from './line-layer.ts'
import type { Axes } from './plot-axes.ts'
import { stackLines } from './stack.ts'
import type { Zone } from './time-tick.ts'
import { isBytes, printTick, printValue } from './unit.ts'
import { type ValueScale, valueScale } from './value-scale.ts'

export type ChartKind = 'line' | 'area' | 'stack'

/** More lines than this are not told apart by anybody; the chart draws the first and says so. */
export const MAX_DRAWN_LINES = 64
const MAX_READOUT_LINES = 10
const VALUE_TICK_PIXELS = 34
/** How far the drawn time axis is moved along before it is drawn anew, with the tick that came in. */
const MAX_SHIFT_PIXELS = 16
/** Rounded shares may add up to a little more than their whole. */
const CEILING_SLACK = 1.02
const COLORS = SERIES_COLORS.light.length
/** Sweden writes local times as ISO 8601 does. */
const localTime = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' })
const turns = new FrameTurns()
const darkPreference = matchMedia('(prefers-color-scheme: dark)')

type PlotAxes = typeof import('./plot-axes.ts')

/** A chart of lines over time: Plot draws axes and grid, a canvas above it the lines, which move with every update. */
export class TimeChart extends LitElement implements Drawable {
  static override properties: PropertyDeclarations = {
    lines: { attribute: false },
    kind: {},
    unit: {},
    label: {},
    zone: {},
    start: { type: Number },
    end: { type: Number },
    floor: { type: Number },
    ceiling: { type: Number },
    maxGapMs: { type: Number },
    cursor: { attribute: false },
    revision: { type: Number },
    pointed: { state: true },
  }
  static override styles: CSSResultGroup = [
    chartStyles,
    unsafeCSS(
      Array.from({ length: COLORS }, (_, i) => {
        return `:host { --series-${i}: light-dark(${SERIES_COLORS.light[i]}, ${SERIES_COLORS.dark[i]}) }`
      }).join('\n'),
    ),
  ]

  declare lines: readonly ChartLine[]
  declare kind: ChartKind
  declare unit: string | undefined
  /** What the chart shows, for who cannot see it. */
  declare label: string
  declare zone: Zone
  /** The times shown, milliseconds since 1970. */
  declare start: number
  declare end: number
  /** Values that the axis shows in any case. */
  declare floor: number | undefined
  declare ceiling: number | undefined
  /** A longer step between two values is a hole; also how far the cursor reaches. */
  declare maxGapMs: number
  declare cursor: ChartCursor
  /** Counted up by an owner that changes lines in place. */
  declare revision: number
  declare pointed: boolean

  #plotAxes: PlotAxes | undefined
  #axes: Axes | undefined
  /** Colours of the series as the page resolves them; read anew with the axes, in case nobody said that they changed. */
  #colors: readonly string[] | undefined
  #size = { width: 0, height: 0 }
  #resize = new ResizeObserver(() => this.#measure())
  #stopWatching: (() => void) | undefined
  #onScheme = (): void => {
    this.#colors = undefined
    turns.requestLines(this)
  }

  constructor() {
    super()
    this.lines = []
    this.kind = 'line'
    this.label = ''
    this.zone = 'local'
    this.start = 0
    this.end = 1
    this.maxGapMs = Number.POSITIVE_INFINITY
    this.cursor = new ChartCursor()
    this.revision = 0
    this.pointed = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener(SCHEME_EVENT, this.#onScheme)
    darkPreference.addEventListener('change', this.#onScheme)
    this.requestUpdate()
    void this.#load()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener(SCHEME_EVENT, this.#onScheme)
    darkPreference.removeEventListener('change', this.#onScheme)
    this.#resize.disconnect()
    this.#stopWatching?.()
    this.#stopWatching = undefined
    turns.forget(this)
  }

  async #load(): Promise<void> {
    this.#plotAxes ??= await import('./plot-axes.ts')
    await this.updateComplete
    if (!this.isConnected) return
    const plot = this.renderRoot.querySelector('.plot')
    if (plot) this.#resize.observe(plot)
    this.#measure()
  }

  #measure(): void {
    const plot = this.renderRoot.querySelector('.plot')
    if (!plot) return
    this.#size = { width: plot.clientWidth, height: plot.clientHeight }
    turns.requestAxes(this)
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('cursor') && this.#stopWatching) return
    this.#stopWatching?.()
    this.#stopWatching = this.cursor.watch(() => this.requestUpdate())
  }

  protected override updated(): void {
    if (this.#axes === undefined || !this.#axesFit(this.#axes)) turns.requestAxes(this)
    turns.requestLines(this)
  }

  get #shown(): readonly ChartLine[] {
    return this.lines.length > MAX_DRAWN_LINES ? this.lines.slice(0, MAX_DRAWN_LINES) : this.lines
  }

  #valueScale(): ValueScale {
    const shown = this.kind === 'stack' ? stackLines(this.#shown) : this.#shown
    const extent = valueExtent(shown, this.start, this.end)
    const low = Math.min(extent?.low ?? Number.POSITIVE_INFINITY, this.floor ?? Number.POSITIVE_INFINITY)
    const ceiling = this.ceiling ?? Number.NEGATIVE_INFINITY
    const highest = extent?.high ?? Number.NEGATIVE_INFINITY
    const high = highest <= ceiling * CEILING_SLACK ? ceiling : highest
    const count = Math.max(2, Math.floor(this.#size.height / VALUE_TICK_PIXELS) - 1)
    return valueScale(low, high, { count, binary: isBytes(this.unit) })
  }

  #axesFit({ options }: Axes): boolean {
    const scale = this.#valueScale()
    const sameValues = options.value.min === scale.min && options.value.max === scale.max
    const [drawnMs, shownMs] = [options.end - options.start, this.end - this.start]
    const shiftPixels = (Math.abs(options.start - this.start) / shownMs) * this.#size.width
    return sameValues && Math.abs(drawnMs - shownMs) < 1 && shiftPixels < MAX_SHIFT_PIXELS
  }

  drawAxes(): void {
    const { width, height } = this.#size
    if (this.#plotAxes === undefined || width === 0 || height === 0) return
    const unit = this.unit
    this.#colors = undefined
    this.#axes = this.#plotAxes.drawAxes({
      width,
      height,
      start: this.start,
      end: this.end,
      value: this.#valueScale(),
      printTick: (value) => printTick(value, unit),
      zone: this.zone,
    })
    this.renderRoot.querySelector('.axes')?.replaceChildren(this.#axes.svg)
  }

  #frame(axes: Axes): Frame {
    const { MARGIN } = this.#plotAxes ?? { MARGIN: { top: 0, right: 0, bottom: 0, left: 0 } }
    const left = MARGIN.left
    const right = this.#size.width - MARGIN.right
    const scale = (right - left) / (this.end - this.start)
    return {
      left,
      right,
      top: MARGIN.top,
      bottom: this.#size.height - MARGIN.bottom,
      start: this.start,
      end: this.end,
      x: { offset: left - this.start * scale, scale },
      y: axes.y,
      maxGapMs: this.maxGapMs,
    }
  }

  drawLines(): void {
    const canvas = this.renderRoot.querySelector('canvas')
    const context = canvas?.getContext('2d')
    if (!canvas || !context || !this.#axes || !this.#plotAxes) return
    const { width, height } = this.#size
    const ratio = window.devicePixelRatio
    const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.width !== deviceWidth) canvas.width = deviceWidth
    if (canvas.height !== deviceHeight) canvas.height = deviceHeight
    const frame = this.#frame(this.#axes)
    const drawnStart = this.#axes.options.start
    this.#plotAxes.shiftTimeAxis(this.#axes, (drawnStart - this.start) * frame.x.scale)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    clipToFrame(context, frame)
    this.#drawKind(context, frame)
    context.restore()
    this.dataset.drawn = String(Number(this.dataset.drawn ?? 0) + 1)
  }

  #drawKind(context: CanvasRenderingContext2D, frame: Frame): void {
    this.#colors ??= [...this.renderRoot.querySelectorAll('.probe')].map((probe) => getComputedStyle(probe).color)
    const colors = this.#colors
    const colorOf = (i: number): string => colors[i % COLORS] ?? 'gray'
    const width = this.#shown.length > COLORS ? 1 : 1.5
    if (this.kind === 'stack') {
      stackLines(this.#shown).forEach((line, i) => {
        drawStacked(context, line, frame, { color: colorOf(i), width: 1, fill: 0.45 })
      })
      return
    }
    const fill = this.kind === 'area' ? 0.12 : 0
    this.#shown.forEach((line, i) => {
      drawLine(context, line, frame, { color: colorOf(i), width, fill })
    })
  }

  #timeAt(clientX: number): number | undefined {
    const bounds = this.renderRoot.querySelector('.plot')?.getBoundingClientRect()
    if (!bounds || !this.#axes) return undefined
    const frame = this.#frame(this.#axes)
    const time = (clientX - bounds.left - frame.x.offset) / frame.x.scale
    return Math.min(this.end, Math.max(this.start, time))
  }

  #onPointer(event: PointerEvent): void {
    this.pointed = true
    this.cursor.moveTo(this.#timeAt(event.clientX))
  }

  #onLeave(): void {
    this.pointed = false
    this.cursor.moveTo(undefined)
  }

  #onKey(event: KeyboardEvent): void {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === 'Escape') this.#onLeave()
    if (direction === undefined) return
    event.preventDefault()
    const step = ((this.end - this.start) / 100) * (event.shiftKey ? 10 : 1)
    const from = this.cursor.timeMs ?? this.end
    this.pointed = true
    this.cursor.moveTo(Math.min(this.end, Math.max(this.start, from + direction * step)))
  }

  #valueOf(line: ChartLine): number | undefined {
    const time = this.cursor.timeMs
    if (time === undefined) return line.values[line.values.length - 1]
    const reach = Math.min(this.maxGapMs, (this.end - this.start) / 20)
    const at = nearestIndex(line.times, time, reach)
    return at < 0 ? undefined : line.values[at]
  }

  #readout(frame: Frame): TemplateResult | typeof nothing {
    const time = this.cursor.timeMs
    if (time === undefined || time < this.start || time > this.end) return nothing
    const x = frame.x.offset + frame.x.scale * time
    const rule = html`<div class="rule" style="left:${x}px"></div>`
    if (!this.pointed) return rule
    const read = this.#shown.flatMap((line, i) => {
      const value = this.#valueOf(line)
      return value === undefined || Number.isNaN(value) ? [] : [{ line, i, value }]
    })
    const rows = this.kind === 'stack' ? read.toReversed() : read.toSorted((a, b) => b.value - a.value)
    const side = x > (frame.left + frame.right) / 2 ? `right:${this.#size.width - x + 10}px` : `left:${x + 10}px`
    return html`${rule}
      <div class="tip" style=${side} role="status">
        <div class="time">${this.#printTime(time)}</div>
        ${rows.slice(0, MAX_READOUT_LINES).map(
          ({ line, i, value }) => html`<div class="row">
            <i style="background:var(--series-${i % COLORS})"></i><span>${line.name}</span><b>${printValue(value, this.unit)}</b>
          </div>`,
        )}
        ${rows.length > MAX_READOUT_LINES ? html`<div class="time">and ${rows.length - MAX_READOUT_LINES} more</div>` : nothing}
      </div>`
  }

  #printTime(timeMs: number): string {
    const utc = new Date(timeMs).toISOString()
    if (this.zone === 'utc') return `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC`
    return localTime.format(timeMs)
  }

  #legend(): TemplateResult {
    const hidden = this.lines.length - this.#shown.length
    return html`<div class="legend" aria-hidden="true">
      ${this.#shown.map(
        (line, i) => html`<span class="key"
          ><i style="background:var(--series-${i % COLORS})"></i>${line.name}
          <b>${printValue(this.#valueOf(line), this.unit)}</b></span
        >`,
      )}
      ${hidden > 0 ? html`<span class="key">and ${hidden} more lines that are not drawn</span>` : nothing}
    </div>`
  }

  protected override render(): TemplateResult {
    return html`
      ${this.#legend()}
      <div
        class="plot"
        tabindex="0"
        role="img"
        aria-label=${`${this.label}: ${this.lines.length} lines. Arrow keys move the read-out.`}
        @pointermove=${this.#onPointer}
        @pointerdown=${this.#onPointer}
        @pointerleave=${this.#onLeave}
        @blur=${this.#onLeave}
        @keydown=${this.#onKey}
      >
        <div class="axes"></div>
        <canvas></canvas>
        ${this.#axes ? this.#readout(this.#frame(this.#axes)) : nothing}
      </div>
      ${Array.from({ length: COLORS }, (_, i) => html`<span class="probe" style="color:var(--series-${i})"></span>`)}
    `
  }
}

if (!customElements.get('tidemark-time-chart')) customElements.define('tidemark-time-chart', TimeChart)

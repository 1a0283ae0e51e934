import { afterEach, describe, expect, test } from 'vitest'
import { ChartCursor } from '../../../web/chart/chart-cursor.ts'
import type { ChartLine } from '../../../web/chart/line.ts'
import { MAX_DRAWN_LINES, TimeChart } from '../../../web/chart/time-chart.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000

const constant = (value: number, name = 'a'): ChartLine => ({
  name,
  times: Array.from({ length: 61 }, (_, i) => START + i * 1000),
  values: Array.from({ length: 61 }, () => value),
})

afterEach(() => document.body.replaceChildren())

async function show(properties: Partial<TimeChart>): Promise<TimeChart> {
  const chart = new TimeChart()
  chart.style.cssText = 'width: 600px; height: 300px; color-scheme: light'
  Object.assign(chart, { start: START, end: START + MINUTE, zone: 'utc', label: 'Test', ...properties })
  document.body.append(chart)
  await expect.poll(() => Number(chart.dataset.drawn ?? 0), { timeout: 5000 }).toBeGreaterThan(0)
  return chart
}

function inside<T extends Element>(chart: TimeChart, selector: string): T {
  const element = chart.renderRoot.querySelector<T>(selector)
  if (element === null) throw new Error(`the chart has no ${selector}`)
  return element
}

/** Rows of the canvas, in CSS pixels, that have paint at a column. */
function paintedRows(chart: TimeChart, x: number): number[] {
  const canvas = inside<HTMLCanvasElement>(chart, 'canvas')
  const ratio = canvas.width / canvas.clientWidth
  const column = canvas.getContext('2d')?.getImageData(Math.round(x * ratio), 0, 1, canvas.height).data ?? []
  return Array.from({ length: canvas.height }, (_, row) => row)
    .filter((row) => (column[4 * row + 3] ?? 0) > 60)
    .map((row) => row / ratio)
}

/** Where Plot put the label of a tick, relative to the frame. */
function labelPlace(chart: TimeChart, text: string): DOMRect {
  const label = [...chart.renderRoot.querySelectorAll('.axes text')].find((node) => node.textContent === text)
  if (label === undefined) throw new Error(`no tick ${text}`)
  const [place, frame] = [label.getBoundingClientRect(), inside(chart, '.plot').getBoundingClientRect()]
  return new DOMRect(place.x - frame.x, place.y - frame.y, place.width, place.height)
}

describe('the chart of lines over time', () => {
  test("draws values on the height of the axis' ticks", async () => {
    const chart = await show({ lines: [constant(40)], floor: 0, ceiling: 100 })
    const rows = paintedRows(chart, 300)
    const label = labelPlace(chart, '40')
    const middle = rows.reduce((sum, row) => sum + row, 0) / rows.length
    expect(Math.abs(middle - (label.y + label.height / 2))).toBeLessThan(2.5)
  })

  test('breaks a line where a value is missing', async () => {
    const line = constant(50)
    const values = Array.from(line.values, (value, i) => (i > 20 && i < 40 ? Number.NaN : value))
    const chart = await show({ lines: [{ ...line, values }], floor: 0, ceiling: 100 })
    expect(paintedRows(chart, 120).length).toBeGreaterThan(0)
    expect(paintedRows(chart, 330)).toEqual([])
  })

  test('stacks lines upon each other', async () => {
    const chart = await show({ lines: [constant(30), constant(40, 'b')], kind: 'stack', floor: 0, ceiling: 100 })
    const top = Math.min(...paintedRows(chart, 300))
    const seventy = labelPlace(chart, '80').y + (labelPlace(chart, '60').y - labelPlace(chart, '80').y) / 2
    expect(Math.abs(top - (seventy + labelPlace(chart, '60').height / 2))).toBeLessThan(3)
  })

  test('moves with time, and the axis with it', async () => {
    const chart = await show({ lines: [constant(50)], floor: 0, ceiling: 100 })
    const before = labelPlace(chart, '00:00:30').x
    chart.start += 10_000
    chart.end += 10_000
    const pixelsPerSecond = (600 - 66 - 28) / 60
    await expect.poll(() => Math.abs(before - labelPlace(chart, '00:00:30').x - 10 * pixelsPerSecond)).toBeLessThan(2)
  })

  test('reads out values by keyboard, and moves the cursor of its neighbours', async () => {
    const cursor = new ChartCursor()
    const chart = await show({ lines: [constant(50)], cursor })
    const neighbour = await show({ lines: [constant(5)], cursor })
    const plot = inside<HTMLElement>(chart, '.plot')
    plot.focus()
    plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }))
    await chart.updateComplete
    await neighbour.updateComplete
    expect(inside(chart, '.tip').textContent).toContain('50')
    expect(neighbour.renderRoot.querySelector('.rule')).not.toBeNull()
    expect(neighbour.renderRoot.querySelector('.tip')).toBeNull()
    plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await chart.updateComplete
    expect(chart.renderRoot.querySelector('.tip')).toBeNull()
  })

  test(`draws ${MAX_DRAWN_LINES} lines and says how many more there are`, async () => {
    const lines = Array.from({ length: MAX_DRAWN_LINES + 1 }, (_, i) => constant(i, `line ${i}`))
    const chart = await show({ lines })
    expect(inside(chart, '.legend').textContent).toContain('and 1 more lines that are not drawn')
    const all = await show({ lines: lines.slice(1) })
    expect(inside(all, '.legend').textContent).not.toContain('not drawn')
  })

  test('draws in the colours of the page when these change', async () => {
    const chart = await show({ lines: [constant(50)], floor: 0, ceiling: 100 })
    const colour = () => {
      const canvas = inside<HTMLCanvasElement>(chart, 'canvas')
      const row = Math.round((paintedRows(chart, 300)[0] ?? 0) * (canvas.width / canvas.clientWidth)) + 1
      return String(canvas.getContext('2d')?.getImageData(300, row, 1, 1).data)
    }
    const light = colour()
    chart.style.colorScheme = 'dark'
    document.dispatchEvent(new CustomEvent('tidemark-scheme'))
    await expect.poll(colour).not.toBe(light)
  })
})

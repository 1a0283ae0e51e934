import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Engine, openEngine } from '../../../engine/engine.ts'
import { ChartElement } from '../../../web/element/chart-element.ts'

const QUERY = 'SELECT avg(value) AS value FROM tide GROUP BY 1s, port'

let engine: Engine

beforeEach(async () => {
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  await engine.append({ kind: 'line-protocol', body: rows(0, 20) })
})
afterEach(async () => {
  document.body.replaceChildren()
  await engine.close()
})

function rows(from: number, to: number): string {
  const lines: string[] = []
  for (let i = from; i < to; i++) {
    lines.push(`tide,port=brest value=${i} ${1_700_000_000 + i}000000000`)
    lines.push(`tide,port=kiel value=${2 * i} ${1_700_000_000 + i}000000000`)
  }
  return lines.join('\n')
}

function show(properties: Partial<ChartElement>): ChartElement {
  const element = new ChartElement()
  Object.assign(element, { query: QUERY, label: 'Tide', ...properties })
  document.body.append(element)
  return element
}

/** Names and values in the legend of a chart. */
function legend(element: ChartElement): string {
  const chart = element.renderRoot.querySelector('tidemark-time-chart')
  const keys = [...(chart?.shadowRoot?.querySelectorAll('.legend .key') ?? [])]
  return keys.map((key) => key.textContent.trim().replaceAll(/\s+/g, ' ')).join(', ')
}

describe('<tidemark-chart>', () => {
  test("draws a query's answer and follows what is appended", async () => {
    const element = show({ engine, height: 180 })
    await expect.poll(() => legend(element), { timeout: 5000 }).toBe('brest 19, kiel 38')
    expect(element.getBoundingClientRect().height).toBe(180)
    await engine.append({ kind: 'line-protocol', body: rows(20, 25) })
    await expect.poll(() => legend(element), { timeout: 5000 }).toBe('brest 24, kiel 48')
  })

  test('asks anew when its query changes', async () => {
    const element = show({ engine })
    await expect.poll(() => legend(element), { timeout: 5000 }).toContain('kiel')
    element.query = "SELECT max(value) AS top FROM tide WHERE port = 'brest' GROUP BY 1s"
    await expect.poll(() => legend(element), { timeout: 5000 }).toBe('top 19')
  })

  test('says what is wrong with a query, and what cannot be drawn', async () => {
    const wrong = show({ engine, query: 'SELECT nothing FROM nowhere' })
    await expect.poll(() => wrong.renderRoot.querySelector('[role=alert]')?.textContent).toContain('nowhere')
    const timeless = show({ engine, query: 'SELECT count(*) FROM tide' })
    await expect
      .poll(() => timeless.renderRoot.querySelector('[role=alert]')?.textContent)
      .toBe('The answer has no time or no numbers to draw.')
  })

  test('without a query asks nothing and shows an empty frame', async () => {
    const element = show({ query: '' })
    await element.updateComplete
    expect(element.renderRoot.querySelector('[role=alert]')).toBeNull()
    expect(legend(element)).toBe('')
  })
})

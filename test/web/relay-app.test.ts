import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../engine/core/clock.ts'
import { type Engine, openEngine } from '../../engine/engine.ts'
import { collectOwnHost, type HostMetrics } from '../../relay/host-metrics.ts'
import { type RelayServer, serve } from '../../relay/server.ts'
import { buildApp, launchBrowser } from '../support/app-site.ts'

/** How soon the dashboard has to show measurements after it was opened. */
const FIRST_DATA_MS = 5000

let engine: Engine
let metrics: HostMetrics
let relay: RelayServer
let appFolder: string
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  appFolder = await buildApp('test-relay-app')
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const log = { info: () => undefined, warn: (text: string) => complaints.push(text) }
  metrics = collectOwnHost(engine, systemClock, { paths: ['.'], log })
  relay = await serve({ engine, port: 0, appFolder })
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
})
afterAll(async () => {
  await browser?.close()
  await metrics?.stop()
  await relay?.close()
  await engine?.close()
})

describe('the app that a relay serves', () => {
  test(`shows live measurements of the host within ${FIRST_DATA_MS} ms`, async () => {
    await page.goto(relay.url, { timeout: FIRST_DATA_MS })
    const headline = page.locator('tidemark-host-panel', { hasText: 'Memory in use' }).locator('output')
    await headline.getByText('GiB').waitFor({ timeout: FIRST_DATA_MS })
    await page.getByText('Connected').waitFor()
    expect(complaints).toEqual([])
  })

  test('draws lines that move while time goes by, until it is paused', async () => {
    const chart = page.locator('tidemark-host-panel', { hasText: 'Load average' }).locator('tidemark-time-chart')
    const pixels = () =>
      chart.locator('canvas').evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''))
    const before = await pixels()
    await expect.poll(pixels, { timeout: 5000 }).not.toBe(before)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.waitForTimeout(300)
    const paused = await pixels()
    await page.waitForTimeout(1500)
    expect(await pixels()).toBe(paused)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(pixels, { timeout: 5000 }).not.toBe(paused)
  })

  test('keeps its layout while data changes', async () => {
    const places = () =>
      page
        .locator('tidemark-host-panel')
        .evaluateAll((panels) => panels.map((panel) => JSON.stringify(panel.getBoundingClientRect())))
    const before = await places()
    await page.getByRole('button', { name: '24h' }).click()
    await page.waitForTimeout(1200)
    expect(await places()).toEqual(before)
    await page.getByRole('button', { name: '5m', exact: true }).click()
  })

  test('shows the values under the pointer on all charts at once', async () => {
    const panel = page.locator('tidemark-host-panel', { hasText: 'Memory in use' })
    await panel.locator('.plot').hover()
    await panel.locator('.tip').waitFor()
    expect(await page.locator('.tip').count()).toBe(1)
    expect(await page.locator('.rule').count()).toBe(await page.locator('tidemark-host-panel').count())
    await page.mouse.move(0, 0)
  })

  test('answers queries from the relay, and switches to this browser and back', async () => {
    await page.getByRole('link', { name: 'Explore' }).click()
    await page.locator('.cm-content').click()
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText("SELECT count(*) FROM host_cpu WHERE cpu = 'total' GROUP BY 1s")
    await page.keyboard.press('Control+Enter')
    await page.getByText(/\d+ rows? in/).waitFor()
    await page.getByRole('button', { name: 'This browser' }).click()
    await page.getByText('Data stays in this browser').waitFor()
    await page.getByText('No tables yet.').waitFor()
    await page.getByRole('button', { name: 'Relay' }).click()
    await page.locator('summary', { hasText: 'host_memory' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('says when the relay goes away, and comes back by itself', async () => {
    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.locator('tidemark-host-panel').first().waitFor()
    await page.getByText('Connected').waitFor()
    const { port } = relay
    await relay.close()
    await page.getByText('Relay is away').waitFor()
    relay = await serve({ engine, port, appFolder })
    await page.getByText('Connected').waitFor({ timeout: 15_000 })
  })
})

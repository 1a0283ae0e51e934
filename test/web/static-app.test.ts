import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp, launchBrowser, type StaticSite, serveFolder } from '../support/app-site.ts'

const WEATHER = fileURLToPath(new URL('../../node_modules/vega-datasets/data/seattle-weather.csv', import.meta.url))
const WEATHER_ROWS = readFileSync(WEATHER, 'utf8').trim().split('\n').length - 1

let browser: Browser
let site: StaticSite
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  site = await serveFolder(await buildApp('test-static-app'))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' })
  complaints = []
  page = await newPage()
})
afterEach(() => context.close())

async function newPage(): Promise<Page> {
  const opened = await context.newPage()
  opened.on('pageerror', (error) => complaints.push(error.message))
  opened.on('console', (message) => {
    // The question whether a relay is there is answered with 404 here.
    const isProbe = message.location().url.includes('/api/catalog')
    if (message.type() === 'error' && !isProbe) complaints.push(message.text())
  })
  return opened
}

/** Drops a file onto the page as a file manager does. */
async function drop(name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer()
      data.items.add(new File([content ?? ''], fileName ?? ''))
      return data
    },
    [name, text],
  )
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer })
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
}

async function importWeather(): Promise<void> {
  await page.goto(site.url)
  await page.getByText('No relay here').waitFor()
  await drop('seattle-weather.csv', readFileSync(WEATHER, 'utf8'))
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByText('1,000 rows in').waitFor()
}

async function runQuery(text: string, on: Page = page): Promise<void> {
  const editor = on.locator('.cm-content')
  await editor.click()
  await on.keyboard.press('Control+A')
  await on.keyboard.insertText(text)
  await on.keyboard.press('Control+Enter')
}

describe('the app on a static host, in a sub-folder, without a relay', () => {
  test('works in this browser and says so', async () => {
    await page.goto(site.url)
    await page.getByText('No relay here, working in this browser').waitFor()
    await page.getByRole('heading', { name: 'This browser holds no host measurements' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('shows what a dropped CSV seems to hold, imports it, queries it and draws it', async () => {
    await page.goto(site.url)
    await page.getByText('No relay here').waitFor()
    await drop('seattle-weather.csv', readFileSync(WEATHER, 'utf8'))
    await page.getByRole('dialog', { name: 'Import seattle-weather.csv' }).waitFor()
    expect(await page.getByLabel('Table', { exact: true }).inputValue()).toBe('seattle_weather')
    expect(await page.getByLabel('Role of date').inputValue()).toBe('time')
    expect(await page.getByLabel('Role of weather').inputValue()).toBe('tag')
    expect(await page.getByLabel('Type of temp_max').inputValue()).toBe('f64')
    await page.getByLabel('Table', { exact: true }).fill('weather')
    await page.getByLabel('Role of weather').selectOption('field')
    await page.getByRole('button', { name: 'Import', exact: true }).click()

    await page.getByText('1,000 rows in').waitFor()
    expect(await page.locator('.cm-content').textContent()).toBe('SELECT * FROM weather LIMIT 1000')
    await page.getByRole('cell', { name: '2012-01-02 00:00:00' }).waitFor()
    await page.locator('tidemark-time-chart[data-drawn]').waitFor()

    await runQuery('SELECT count(*) FROM weather')
    await page.getByRole('cell', { name: String(WEATHER_ROWS), exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  test('keeps its data over a reload, and works with the network gone', async () => {
    await importWeather()
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated')
    await page.reload()
    await page.getByText('1,000 rows in').waitFor()
    await context.setOffline(true)
    await page.reload()
    await runQuery('SELECT count(*) FROM seattle_weather')
    await page.getByRole('cell', { name: String(WEATHER_ROWS), exact: true }).waitFor()
  })

  test('lists rejected rows with place and reason, and keeps the good ones', async () => {
    await page.goto(site.url)
    await page.getByText('No relay here').waitFor()
    const good = Array.from({ length: 30 }, (_, i) => `2026-01-${String(i + 1).padStart(2, '0')},${i}.5`)
    await drop('some.csv', ['time,value', ...good, '2026-02-01,many', '2026-02-02,7.5'].join('\n'))
    await page.getByLabel('Type of value').selectOption('f64')
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('31 rows are stored').waitFor()
    await page.getByText("line 32, column 12: expected a number in column 'value' and found 'many'").waitFor()
    await page.getByRole('button', { name: 'Explore the data' }).click()
    await page.getByText('31 rows in').waitFor()
  })

  test('imports line protocol, and says what a file without a time lacks', async () => {
    await page.goto(site.url)
    await page.getByText('No relay here').waitFor()
    await drop('plain.csv', 'name,size\na,1\nb,2\n')
    await page.getByText('Choose the column that holds the time.').waitFor()
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await drop('cpu.lp', 'cpu,host=a usage=1.5 1700000000000000000\ncpu,host=b usage=2.5 1700000001000000000\n')
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('2 rows in').waitFor()
  })

  test('underlines an error in place with what was expected, and completes names', async () => {
    await importWeather()
    await runQuery('SELECT max(temp_mux) FROM seattle_weather')
    await page.getByRole('alert').getByText('temp_mux').waitFor()
    await page.locator('.cm-lintRange-error').waitFor()
    expect(await page.locator('.cm-lintRange-error').textContent()).toBe('temp_mux')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('SELECT temp', { delay: 30 })
    await page.locator('.cm-tooltip-autocomplete').waitFor()
  })

  test('downloads the whole answer as CSV', async () => {
    await importWeather()
    await runQuery('SELECT time, temp_max FROM seattle_weather')
    await page.getByText(`${WEATHER_ROWS.toLocaleString('en-US')} rows in`).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n')
    const source = readFileSync(WEATHER, 'utf8').trim().split('\n').slice(1)
    const expected = source.map((line) => {
      const [date = '', , temperature] = line.split(',')
      return `${date.replaceAll('/', '-')}T00:00:00.000000000Z,${Number(temperature)}`
    })
    expect(lines).toEqual(['time,temp_max', ...expected])
  })

  test('shares its store with a second tab, which goes on when the first one is closed', async () => {
    await importWeather()
    const second = await newPage()
    await second.goto(`${site.url}#/explore`)
    await runQuery('SELECT count(*) FROM seattle_weather', second)
    await second.getByRole('cell', { name: String(WEATHER_ROWS), exact: true }).waitFor()
    await page.close()
    await runQuery('SELECT count(temp_max) AS still FROM seattle_weather', second)
    await second.getByRole('columnheader', { name: 'still' }).waitFor()
    await second.getByRole('cell', { name: String(WEATHER_ROWS), exact: true }).waitFor()
  })
})

describe('the look', () => {
  const ground = () =>
    page.evaluate(() => {
      const app = document.querySelector('tidemark-app')
      return app === null ? '' : getComputedStyle(app).backgroundColor
    })

  test('follows the system, is switched by hand, and the choice is remembered', async () => {
    await page.goto(site.url)
    const light = await ground()
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await ground()
    expect(dark).not.toBe(light)
    await page.getByRole('button', { name: 'Theme: system' }).click()
    expect(await ground()).toBe(light)
    await page.getByRole('button', { name: 'Theme: light' }).click()
    await page.emulateMedia({ colorScheme: 'light' })
    await page.reload()
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
    expect(await ground()).toBe(dark)
  })

  test('fits 360 pixels without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const hash of ['#/', '#/explore']) {
      await page.goto(site.url + hash)
      await page.getByText('No relay here').waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    }
  })

  test('is used by keyboard alone: skip link, pages, query', async () => {
    await page.goto(site.url)
    await page.getByText('No relay here').waitFor()
    await page.keyboard.press('Tab')
    const focused = () =>
      page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent?.trim().split('\n')[0])
    expect(await focused()).toBe('Skip to content')
    await page.keyboard.press('Tab')
    expect(await focused()).toContain('Tidemark')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Explore')
    await page.keyboard.press('Enter')
    await page.locator('.cm-content').waitFor()
  })
})

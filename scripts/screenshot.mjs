// Pictures for the README: `node scripts/run.mjs node scripts/screenshot.mjs [--url http://127.0.0.1:8086] [--seconds 90]`.
// Without --url it starts a relay of its own on the build in dist/ and lets it measure this machine for a while first.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { ensureChromium, root } from './setup.mjs'

const PORT = 18086
const DOCS = join(root, 'docs')
const STOCKS = join(root, 'node_modules', 'vega-datasets', 'data', 'stocks.csv')
const WIDE = { width: 1280, height: 860 }
const NARROW = { width: 390, height: 844 }
const QUERY = `SELECT max(price) AS price FROM stocks
GROUP BY 4w, symbol`

const { values: options } = parseArgs({
  options: { url: { type: 'string' }, seconds: { type: 'string', default: '90' } },
})

async function startRelay() {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-screenshot-'))
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'node', 'bundle', 'cli.js'), 'serve', '--port', String(PORT), '--data', data],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  console.error(`measuring this machine for ${options.seconds} s`)
  await pause(1000 * Number(options.seconds))
  return {
    url: `http://127.0.0.1:${PORT}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function openPage(browser, { colorScheme, viewport = WIDE }) {
  const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: viewport === NARROW ? 2 : 1 })
  return context.newPage()
}

async function save(page, name) {
  await page.screenshot({ path: join(DOCS, name) })
  console.error(`docs/${name}`)
}

async function dashboard(browser, url, colorScheme, viewport) {
  const page = await openPage(browser, { colorScheme, viewport })
  await page.goto(url)
  await page.locator('tidemark-host-panel tidemark-time-chart[data-drawn]').first().waitFor()
  await page.waitForTimeout(2500)
  await save(page, `dashboard-${viewport === NARROW ? 'narrow' : colorScheme}.png`)
  await page.context().close()
}

async function explore(browser, url, colorScheme) {
  const page = await openPage(browser, { colorScheme })
  await page.goto(`${url}/#/explore`)
  await page.getByRole('button', { name: 'This browser' }).click()
  await page.getByText('Data stays in this browser').waitFor()
  await page.locator('input[type=file]').setInputFiles(STOCKS)
  await page.getByRole('button', { name: 'Import', exact: true }).waitFor()
  if (colorScheme === 'light') await save(page, 'import.png')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByText(/rows in/).waitFor()
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(QUERY)
  await page.keyboard.press('Control+Enter')
  await page.locator('tidemark-result-table th', { hasText: 'symbol' }).waitFor()
  await page.waitForTimeout(1000)
  await save(page, `explore-${colorScheme}.png`)
  await page.context().close()
}

const relay = options.url === undefined ? await startRelay() : { url: options.url, stop: async () => undefined }
const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  await dashboard(browser, relay.url, 'light', WIDE)
  await dashboard(browser, relay.url, 'dark', WIDE)
  await dashboard(browser, relay.url, 'dark', NARROW)
  await explore(browser, relay.url, 'light')
  await explore(browser, relay.url, 'dark')
} finally {
  await browser.close()
  await relay.stop()
}

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp, launchBrowser, type StaticSite, serveFolder } from '../support/app-site.ts'
import { watchImport } from '../support/import-watch.ts'

let browser: Browser
let site: StaticSite
let page: Page

beforeAll(async () => {
  site = await serveFolder(await buildApp('test-import-frames'))
  browser = await launchBrowser()
  page = await browser.newPage()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

test('the page stays free while a CSV file is imported', async () => {
  await page.goto(site.url)
  await page.getByText('No relay here').waitFor()
  const watch = await watchImport(page, 20)
  console.info(JSON.stringify(watch))
  // To parse the file in the page blocks it for most of the time.
  expect(watch.blocked).toBeLessThan(0.25)
  // The dialog says so after its bar has gone, in a frame of its own.
  await page.getByText('1,000 rows in').waitFor()
})

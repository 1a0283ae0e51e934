import { expect, test } from 'vitest'
import { LastingBrowser, servePage } from '../support/lasting-browser.ts'

test.each([0, 1])('reload %i', async (workers) => {
  const site = await servePage('crash-page')
  const browser = await LastingBrowser.start(site.url, { acknowledged: () => undefined, failed: console.error })
  const page = await browser.newPage()
  await page.addInitScript((workers) => {
    let value: any
    Object.defineProperty(globalThis, 'crashPage', { configurable: true, get: () => value, set: (v) => { value = v; (globalThis as any).early = v.open(workers).then((ms: number) => ms, (e: any) => e.kind); (globalThis as any).early.then(() => { v.appendOn({seed: 1, first: 0, inFlight: 3, flushEvery: 4}) }) } })
  }, workers)
  const found: unknown[] = []
  for (let i = 0; i < 20; i++) {
    await page.reload()
    found.push(await page.evaluate(() => (globalThis as any).early))
    await new Promise(r => setTimeout(r, 30))
  }
  console.log(workers, found)
  for (let i = 0; i < 10; i++) {
    await page.reload()
    found.push(await page.evaluate(() => (globalThis as any).early))
  }
  console.log(workers, found.slice(20))
  await browser.close()
  await site.close()
  expect(1).toBe(1)
})

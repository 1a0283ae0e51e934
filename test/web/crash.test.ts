import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import type { CrashPage, PageEngine } from '../support/crash-page.ts'
import { crashRounds } from '../support/crash-rounds.ts'
import { LastingBrowser, offerOf, serveCrashPage } from '../support/lasting-browser.ts'

const ROUNDS = 10
const SEED = 20_261_122

let site: StaticSite

beforeAll(async () => {
  site = await serveCrashPage()
})
afterAll(() => site?.close())

test.each(['opfs', 'indexeddb'] as const)(
  `a tab keeps every acknowledged request whole over ${ROUNDS} crashes, kills, closings and reloads (%s)`,
  async (engine) => {
    const { acknowledged, segments } = await crashRounds(site.url, engine, { seed: SEED, rounds: ROUNDS })
    expect(acknowledged).toBeGreaterThan(ROUNDS)
    expect(segments).toBeGreaterThan(0)
  },
)

describe('a store in the browser', () => {
  const complaints: string[] = []
  let browser: LastingBrowser

  beforeEach(async () => {
    browser = await LastingBrowser.start(site.url, {
      acknowledged: () => undefined,
      failed: (message) => complaints.push(message),
    })
  })
  afterEach(async () => {
    await browser.close()
    expect(complaints.splice(0)).toEqual([])
  })

  async function open(page: Page, engine: PageEngine = 'indexeddb'): ReturnType<CrashPage['open']> {
    return (await offerOf(page)).evaluate((it, wanted) => it.open(1, wanted), engine)
  }

  async function append(page: Page, first: number, most: number): ReturnType<CrashPage['appendUntilError']> {
    return (await offerOf(page)).evaluate((it, run) => it.appendUntilError(run.first, run.most), { first, most })
  }

  async function stored(page: Page): ReturnType<CrashPage['stored']> {
    return (await offerOf(page)).evaluate((it) => it.stored())
  }

  test.each(['opfs', 'indexeddb'] as const)(
    'opens after a reload that interrupts a busy worker (%s)',
    async (engine) => {
      let page = await browser.newPage()
      await open(page, engine)
      for (let round = 0; round < 3; round++) {
        await (await offerOf(page)).evaluate((it) => it.beginLongAppend())
        await sleep(100 * round)
        page = await browser.end(page, 'reload')
        expect(await open(page, engine)).not.toHaveProperty('kind')
      }
    },
  )

  test.each([
    // Each open file gets space by the mebibyte; opening a database of IndexedDB writes 4.2 MiB for a while.
    ['opfs', 12_000_000],
    ['indexeddb', 5_000_000],
  ] as const)(
    'refuses appends with "quota" when the browser gives no more space, and goes on when it does (%s)',
    async (engine, quotaSize) => {
      const page = await browser.newPage()
      // Before the database opens: Chromium then gives it an allotment and does not ask again soon.
      const session = await page.context().newCDPSession(page)
      const { origin } = new URL(site.url)
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
      expect(await open(page, engine)).not.toHaveProperty('kind')
      const { acknowledged, kind } = await append(page, 0, 10_000)
      expect(kind).toBe('quota')
      expect(acknowledged).toBeGreaterThan(0)
      expect(await append(page, acknowledged, 1)).toEqual({ acknowledged: 0, kind: 'quota' })
      expect((await stored(page)).rowsOfRequest).toHaveLength(acknowledged)

      await session.send('Storage.overrideQuotaForOrigin', { origin })
      await expect.poll(() => append(page, acknowledged, 5), { timeout: 20_000 }).toEqual({ acknowledged: 5 })
      const next = await browser.end(page, 'close')
      expect(await open(next, engine)).not.toHaveProperty('kind')
      expect(await append(next, acknowledged + 5, 5)).toEqual({ acknowledged: 5 })
      const { rowsOfRequest, ...rest } = await stored(next)
      expect(rest).toMatchObject({ wrong: [], quarantined: [] })
      expect(rowsOfRequest).toHaveLength(acknowledged + 10)
    },
  )
})

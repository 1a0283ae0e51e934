import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import type { PageEngine } from '../support/crash-page.ts'
import { rowCountOf } from '../support/crash-requests.ts'
import { LastingBrowser, offerOf, serveCrashPage } from '../support/lasting-browser.ts'

/** Each tab numbers its requests from a multiple of this. */
const TAB_REQUESTS = 1_000_000
const UNTIMED_FROM = 500_000_000
const APPENDING_MS = 400
/** Within about a second on an idle machine. */
const TAKEN_OVER_MS = 5_000

const acknowledged = new Set<number>()
const complaints: string[] = []
let site: StaticSite
let browser: LastingBrowser

beforeAll(async () => {
  site = await serveCrashPage()
})
afterAll(() => site?.close())

beforeEach(async () => {
  acknowledged.clear()
  complaints.length = 0
  browser = await LastingBrowser.start(site.url, {
    acknowledged: (request) => acknowledged.add(request),
    failed: (message) => complaints.push(message),
  })
})
afterEach(() => browser.close())

async function openTab(engine: PageEngine): Promise<Page> {
  const page = await browser.newPage()
  const offer = await offerOf(page)
  expect(await offer.evaluate((it, wanted) => it.open(1, wanted), engine)).not.toHaveProperty('kind')
  return page
}

/** Appends requests and rows without times, in numbers of the tab's own. */
async function beginAppending(page: Page, tab: number, round = 0): Promise<void> {
  const first = (tab + 10 * round) * TAB_REQUESTS
  const offer = await offerOf(page)
  await offer.evaluate(
    (it, run) => {
      it.appendOn({ seed: 1, first: run.first, inFlight: 3, flushEvery: 40 })
      it.appendUntimedOn(run.untimed)
    },
    { first, untimed: UNTIMED_FROM + first },
  )
}

/** Every acknowledged request is there whole, nothing else is, and no row without a time is there twice. */
async function checkStored(page: Page, untimed: readonly number[]): Promise<void> {
  const offer = await offerOf(page)
  const { rowsOfRequest, wrong, quarantined } = await offer.evaluate((it) => it.stored())
  expect({ wrong, quarantined }).toEqual({ wrong: [], quarantined: [] })
  const rows = new Map(rowsOfRequest)
  expect([...rows].filter(([request, count]) => count !== rowCountOf(request))).toEqual([])
  expect([...acknowledged].filter((request) => !rows.has(request))).toEqual([])
  const stored = new Map(await offer.evaluate((it) => it.storedUntimed()))
  expect([...stored].filter(([, times]) => times !== 1)).toEqual([])
  expect(untimed.filter((row) => !stored.has(row))).toEqual([])
}

const ENDS = ['close', 'crash', 'navigate', 'engine'] as const

async function endLeader(page: Page, how: (typeof ENDS)[number]): Promise<void> {
  if (how === 'close') await page.close()
  else if (how === 'crash') await browser.crash(page)
  else if (how === 'navigate') await page.goto('about:blank')
  else await (await offerOf(page)).evaluate((it) => it.close())
}

describe.each(['opfs', 'indexeddb'] as const)('tabs of one database (%s)', (engine) => {
  test.each(ENDS)(
    'go on when the one ends that has it open (%s): nothing acknowledged is lost, nothing is there twice',
    async (how) => {
      const [first, second, third] = [await openTab(engine), await openTab(engine), await openTab(engine)]
      for (const [tab, page] of [first, second, third].entries()) await beginAppending(page, tab)
      await sleep(APPENDING_MS)
      await (await offerOf(third)).evaluate((it) => it.watch())
      if (how === 'engine') await (await offerOf(first)).evaluate((it) => it.stop())
      const before = acknowledged.size
      await endLeader(first, how)
      await expect.poll(() => acknowledged.size, { timeout: TAKEN_OVER_MS }).toBeGreaterThan(before + 10)
      await sleep(APPENDING_MS)
      const [one, other] = [second, third].map(async (page) => (await offerOf(page)).evaluate((it) => it.stop()))
      const outcomes = [await one, await other]
      const untimed = outcomes.flatMap((outcome) => outcome?.untimed ?? [])
      const waited = Math.max(...outcomes.map((outcome) => outcome?.longestWaitMs ?? 0))
      console.info(`${engine}, ${how}: ${acknowledged.size} requests, longest wait ${waited.toFixed(0)} ms`)
      expect(complaints).toEqual([])
      expect(waited).toBeLessThan(TAKEN_OVER_MS)
      await checkStored(second, untimed)
      await checkStored(third, untimed)

      const offer = await offerOf(third)
      const rowsOf = async (): Promise<number> => {
        const { rowsOfRequest } = await offer.evaluate((it) => it.stored())
        const inFirst = rowsOfRequest.map(([request]) =>
          request % 2 === 0 ? Math.ceil(rowCountOf(request) / 2) : rowCountOf(request),
        )
        return inFirst.reduce((sum, rows) => sum + rows, 0)
      }
      const rows = await rowsOf()
      await expect.poll(() => offer.evaluate((it) => it.watched())).toMatchObject({ rows, error: undefined })

      await second.close()
      await checkStored(third, untimed)
    },
  )
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import { crashRounds } from '../support/crash-rounds.ts'
import { LastingBrowser, offerOf, serveCrashPage } from '../support/lasting-browser.ts'

/** A profile each, so that what a check reads stays small. */
const PROFILES = 25
const ROUNDS = 10
const VISIBILITY_APPENDS = 1_000

let site: StaticSite

beforeAll(async () => {
  site = await serveCrashPage()
})
afterAll(() => site?.close())

test(`tabs keep every acknowledged request whole over ${PROFILES * ROUNDS} crashes, kills, closings and reloads`, async () => {
  let acknowledged = 0
  let segments = 0
  let emptied = 0
  let slowestOpenMs = 0
  for (let seed = 0; seed < PROFILES; seed++) {
    const outcome = await crashRounds(site.url, 'indexeddb', { seed, rounds: ROUNDS })
    acknowledged += outcome.acknowledged
    segments += outcome.segments
    emptied += outcome.emptied
    slowestOpenMs = Math.max(slowestOpenMs, outcome.slowestOpenMs)
  }
  console.info(
    `${acknowledged} requests acknowledged, ${segments} segments, slowest opening ${slowestOpenMs.toFixed(0)} ms, emptied by the browser ${emptied} times`,
  )
  expect(acknowledged).toBeGreaterThan(PROFILES * ROUNDS)
  expect(segments).toBeGreaterThan(PROFILES)
  expect(emptied).toBeLessThan(PROFILES / 4)
})

test.each([1, 0])('an append is seen by the next query: how soon, with %i workers', async (workers) => {
  const failures: string[] = []
  const reports = { acknowledged: () => undefined, failed: (message: string) => failures.push(message) }
  const browser = await LastingBrowser.start(site.url, reports)
  try {
    const offer = await offerOf(await browser.newPage())
    await offer.evaluate((it, count) => it.open(count, 'indexeddb'), workers)
    const { acknowledged, visible } = await offer.evaluate((it, count) => it.visibility(0, count), VISIBILITY_APPENDS)
    console.info(`acknowledged after ${quantiles(acknowledged)}, in an answer after ${quantiles(visible)}`)
    expect(visible).toHaveLength(VISIBILITY_APPENDS)
    expect(failures).toEqual([])
  } finally {
    await browser.close()
  }
})

function quantiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
  return `${at(0.5)} ms (p50), ${at(0.99)} ms (p99)`
}

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

test.each(['opfs', 'indexeddb'] as const)(
  `tabs keep every acknowledged request whole over ${PROFILES * ROUNDS} crashes, kills, closings and reloads (%s)`,
  async (engine) => {
    let acknowledged = 0
    let segments = 0
    let slowestOpenMs = 0
    for (let seed = 0; seed < PROFILES; seed++) {
      const outcome = await crashRounds(site.url, engine, { seed, rounds: ROUNDS })
      acknowledged += outcome.acknowledged
      segments += outcome.segments
      slowestOpenMs = Math.max(slowestOpenMs, outcome.slowestOpenMs)
    }
    console.info(
      `${engine}: ${acknowledged} requests acknowledged, ${segments} segments, slowest opening ${slowestOpenMs.toFixed(0)} ms`,
    )
    expect(acknowledged).toBeGreaterThan(PROFILES * ROUNDS)
    expect(segments).toBeGreaterThan(PROFILES)
  },
)

test.each([
  ['opfs', 1],
  ['indexeddb', 1],
  ['indexeddb', 0],
] as const)('an append is seen by the next query: how soon (%s, %i workers)', async (engine, workers) => {
  const failures: string[] = []
  const reports = { acknowledged: () => undefined, failed: (message: string) => failures.push(message) }
  const browser = await LastingBrowser.start(site.url, reports)
  try {
    const offer = await offerOf(await browser.newPage())
    await offer.evaluate((it, wanted) => it.open(wanted.workers, wanted.engine), { workers, engine })
    const { acknowledged, visible } = await offer.evaluate((it, count) => it.visibility(0, count), VISIBILITY_APPENDS)
    console.info(
      `${engine}, ${workers} workers: acknowledged after ${quantiles(acknowledged)}, in an answer after ${quantiles(visible)}`,
    )
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

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import { crashRounds } from '../support/crash-rounds.ts'
import { servePage } from '../support/lasting-browser.ts'

/** A profile each, so that what a check reads stays small. */
const PROFILES = 25
const ROUNDS = 10

let site: StaticSite

beforeAll(async () => {
  site = await servePage('crash-page')
})
afterAll(() => site?.close())

test(`tabs keep every acknowledged request whole over ${PROFILES * ROUNDS} crashes, kills, closings and reloads`, async () => {
  let acknowledged = 0
  let segments = 0
  let slowestOpenMs = 0
  for (let seed = 0; seed < PROFILES; seed++) {
    const outcome = await crashRounds(site.url, seed, ROUNDS)
    acknowledged += outcome.acknowledged
    segments += outcome.segments
    slowestOpenMs = Math.max(slowestOpenMs, outcome.slowestOpenMs)
  }
  console.info(`${acknowledged} requests acknowledged, ${segments} segments, slowest opening ${slowestOpenMs.toFixed(0)} ms`)
  expect(acknowledged).toBeGreaterThan(PROFILES * ROUNDS)
  expect(segments).toBeGreaterThan(PROFILES)
})

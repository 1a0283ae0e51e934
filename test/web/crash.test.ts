import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import { crashRounds } from '../support/crash-rounds.ts'
import { servePage } from '../support/lasting-browser.ts'

const ROUNDS = 10
const SEED = 20_261_122

let site: StaticSite

beforeAll(async () => {
  site = await servePage('crash-page')
})
afterAll(() => site?.close())

test(`a tab that crashes, is killed, closed or reloaded keeps every acknowledged request whole, over ${ROUNDS} ends`, async () => {
  const outcome = await crashRounds(site.url, SEED, ROUNDS)
  console.info(outcome)
  expect(outcome.acknowledged).toBeGreaterThan(ROUNDS)
})

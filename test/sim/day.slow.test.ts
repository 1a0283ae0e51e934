import { afterEach, beforeEach, expect, test } from 'vitest'
import { tiersOn } from '../support/cold-place.ts'
import { S3Server } from '../support/s3-server.ts'
import { simulateDay } from '../support/simulated-day.ts'

/** Of cold files: less than all of them have. */
const KEPT_BYTES = 20_000

let server: S3Server

beforeEach(async () => {
  server = await S3Server.start()
})

afterEach(() => server.close())

test.each([1, 2, 3, 4])('24 hours of mixed load answer as the plain reference does, seed %i', async (seed) => {
  const day = await simulateDay(seed, 24)
  process.stdout.write(`seed ${seed}: ${JSON.stringify(day)}\n`)
  expect(day.checks).toBeGreaterThan(50)
})

test.each([5, 6, 7, 8])('so do 30 hours with a cold tier, seed %i', async (seed) => {
  const day = await simulateDay(seed, 30, {
    ...tiersOn(server, 'p', { '*': { afterMs: 0 } }),
    keptBytes: KEPT_BYTES,
  })
  process.stdout.write(`seed ${seed}, with a cold tier: ${JSON.stringify(day)}\n`)
  expect(day.checks).toBeGreaterThan(60)
})

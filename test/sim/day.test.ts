import { afterEach, beforeEach, expect, test } from 'vitest'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { S3Server } from '../support/s3-server.ts'
import { simulateDay } from '../support/simulated-day.ts'

/** Of cold files: less than all of them have. */
const KEPT_BYTES = 20_000

let server: S3Server

beforeEach(async () => {
  server = await S3Server.start()
})

afterEach(() => server.close())

test.each([20_261_123, 20_261_126])(
  'three hours of mixed load answer as the plain reference does, seed %i',
  async (seed) => {
    const { appends, deletes, checks, restarts } = await simulateDay(seed, 3)
    expect(appends).toBeGreaterThan(180)
    expect(deletes).toBeGreaterThan(8)
    expect(checks).toBeGreaterThan(5)
    expect(restarts).toBeGreaterThan(0)
  },
)

test.each([20_261_124, 20_261_125])('so do six hours with a cold tier, seed %i', async (seed) => {
  const { checks, coldFiles } = await simulateDay(seed, 6, {
    ...tiersOn(server, 'p', { '*': { afterMs: 0 } }),
    keptBytes: KEPT_BYTES,
  })
  expect(checks).toBeGreaterThan(10)
  expect(coldFiles).toBeGreaterThan(0)
  expect(filesBelow(server, 'p')).toHaveLength(coldFiles)
})

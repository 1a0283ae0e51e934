import { expect, test } from 'vitest'
import { simulateDay } from '../support/simulated-day.ts'

test.each([1, 2, 3, 4])('24 hours of mixed load answer as the plain reference does, seed %i', async (seed) => {
  const day = await simulateDay(seed, 24)
  process.stdout.write(`seed ${seed}: ${JSON.stringify(day)}\n`)
  expect(day.checks).toBeGreaterThan(50)
})

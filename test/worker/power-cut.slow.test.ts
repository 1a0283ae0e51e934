import { expect, test } from 'vitest'
import { powerCutRound } from '../support/power-cut.ts'

const ROUNDS = 10_000

test(`keeps every acknowledged request whole, and invents none, over ${ROUNDS} power cuts`, async () => {
  let acknowledged = 0
  for (let round = 0; round < ROUNDS; round++) acknowledged += (await powerCutRound(round)).acknowledged
  expect(acknowledged).toBeGreaterThan(ROUNDS)
}, 1_800_000)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENGINE_KINDS, type EngineKind } from '../support/sql/engine-kind.ts'
import { Peer } from '../support/sql/peer.ts'
import { sqlRound } from '../support/sql/sql-round.ts'

const SEED = Number(process.env.SEED ?? Number(process.hrtime.bigint() % 1_000_000n))
const ROUNDS = Number(process.env.ROUNDS ?? 400)
const QUERIES = 250

let peer: Peer
beforeAll(async () => {
  peer = await Peer.open()
})
afterAll(() => peer.close())

/** Most rounds are of cheap kinds; each is asked of rows in memory, too. */
function kindsOf(round: number): readonly EngineKind[] {
  const kind = ENGINE_KINDS[round % ENGINE_KINDS.length] ?? 'memory'
  return kind === 'memory' ? [kind] : ['memory', kind]
}

test(`${ROUNDS * QUERIES} random statements give what DuckDB gives, in engines of every kind, from seed ${SEED} on`, async () => {
  const total = { same: 0, 'both refuse': 0, 'peer cannot': 0, difference: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const { counts, differences } = await sqlRound({
      seed: SEED + round,
      queries: QUERIES,
      kinds: kindsOf(round),
      peer,
    })
    expect(differences).toEqual([])
    for (const kind of ['same', 'both refuse', 'peer cannot', 'difference'] as const) total[kind] += counts[kind]
  }
  console.log(total)
  expect(total.same).toBeGreaterThan(ROUNDS * QUERIES * 0.98)
})

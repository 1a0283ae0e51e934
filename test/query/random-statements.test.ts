import { afterAll, beforeAll, expect, test } from 'vitest'
import { Peer } from '../support/sql/peer.ts'
import { sqlRound } from '../support/sql/sql-round.ts'

const QUERIES = 120

let peer: Peer
beforeAll(async () => {
  peer = await Peer.open()
})
afterAll(() => peer.close())

test.each([
  [1, 'memory'],
  [2, 'mixed'],
  [3, 'flushed'],
  [4, 'compacted'],
  [5, 'rollups'],
  [6, 'memory'],
  [7, 'mixed'],
  [8, 'rollups'],
] as const)('random statements give what DuckDB gives: seed %i, rows in an engine of kind %s', async (seed, kind) => {
  const { counts, differences } = await sqlRound({ seed, queries: QUERIES, kinds: [kind], peer })
  expect(differences).toEqual([])
  expect(counts.same).toBeGreaterThan(QUERIES * 0.95)
})

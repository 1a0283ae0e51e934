import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generator } from '../support/block-shapes.ts'
import { killRounds } from '../support/kill-rounds.ts'

const ROUNDS = 20

test(`a process killed ${ROUNDS} times while it ingests loses nothing acknowledged and leaves no request half`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-kill-'))
  try {
    expect(await killRounds(folder, ROUNDS, generator(1))).toBeGreaterThan(ROUNDS)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

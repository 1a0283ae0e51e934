import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generator } from '../support/block-shapes.ts'
import { killRounds } from '../support/kill-rounds.ts'

const ROUNDS = 1000
/** A new folder every so often, so that rounds stay short. */
const ROUNDS_A_FOLDER = 50

test(`a process killed ${ROUNDS} times while it ingests loses nothing acknowledged and leaves no request half`, async () => {
  for (let done = 0; done < ROUNDS; done += ROUNDS_A_FOLDER) {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-kill-'))
    try {
      expect(await killRounds(folder, ROUNDS_A_FOLDER, generator(done))).toBeGreaterThan(ROUNDS_A_FOLDER)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}, 3_600_000)

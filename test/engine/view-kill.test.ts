import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf } from '../support/plain-column.ts'
import { PlainRows, untilFresh, viewRows } from '../support/plain-view.ts'

const CHANGES = fileURLToPath(new URL('../support/view-until-killed.ts', import.meta.url))
const ROUNDS = 12
const LONGEST_LIFE_MS = 250

/** Has a process change a table with a view, and kills it with SIGKILL at a random moment. */
async function changeUntilKilled(directory: string, first: number, lifeMs: number): Promise<void> {
  const child = spawn(process.execPath, [CHANGES, directory, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), lifeMs)
  }
  await ended
  if (child.signalCode !== 'SIGKILL') throw new Error(`the process ended by itself with code ${child.exitCode}`)
}

test(`after each of ${ROUNDS} kills in the midst of changes and refreshes a view comes to agree with its table`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-view-kill-'))
  const next = generator(1)
  let total = 0
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await changeUntilKilled(directory, round * 1000, next() % LONGEST_LIFE_MS)
      const engine = await openEngine({ store: { kind: 'files', directory }, workers: 0 })
      await untilFresh(engine)
      const plain = new PlainRows()
      for (const [time, host, x, n] of rowsOf(
        await collectRows(await engine.query('SELECT time, host, x, n FROM t')),
      )) {
        plain.write({ time: BigInt(String(time)), host: String(host), dc: '', x: Number(x), n: BigInt(String(n)) })
      }
      expect(await viewRows(engine), `round ${round}`).toEqual(plain.view())
      total += plain.view().length
      await engine.close()
    }
    expect(total).toBeGreaterThan(ROUNDS)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 120_000)

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf } from '../support/plain-column.ts'

const cli = fileURLToPath(new URL('../../relay/cli.ts', import.meta.url))
const KILLS = 6
const PRODUCERS = 4
const LONGEST_LIFE_MS = 250

async function startRelay(data: string): Promise<{ child: ChildProcess; url: string }> {
  const args = ['serve', '--port', '0', '--data', data, '--no-host-metrics', '--workers', '1']
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    const [url] = /http:\/\/[^\s,]+/.exec(said) ?? []
    if (url !== undefined) return { child, url }
  }
  throw new Error(`the relay said ${said}`)
}

/** Writes rows without times, request after request, each until it is acknowledged, as long as it may. */
class Client {
  sequence = 0
  repeats = 0
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  async writeUntilKilled(url: string): Promise<void> {
    try {
      for (;;) {
        const body = `t,client=${this.#name},request=${this.sequence} v=1i\nt,client=${this.#name},request=${this.sequence}b v=2i`
        const headers = { 'Tidemark-Producer': this.#name, 'Tidemark-Sequence': String(this.sequence) }
        const response = await fetch(`${url}/api/v2/write`, { method: 'POST', body, headers })
        if (response.status !== 204) throw new Error(`status ${response.status}: ${await response.text()}`)
        if (response.headers.has('tidemark-duplicate')) this.repeats++
        this.sequence++
      }
    } catch (error) {
      // What fetch throws where the connection ends. The request may be stored and may be not.
      if (!(error instanceof TypeError)) throw error
    }
  }
}

test(`clients that repeat what was not acknowledged have each row once after ${KILLS} times kill -9`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-once-'))
  const data = join(folder, 'data')
  const next = generator(11)
  try {
    const clients = Array.from({ length: PRODUCERS }, (_, i) => new Client(`c${i}`))
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, url } = await startRelay(data)
      const ended = once(child, 'close')
      const writing = Promise.all(clients.map((client) => client.writeUntilKilled(url)))
      await new Promise((resolve) => setTimeout(resolve, 50 + (next() % LONGEST_LIFE_MS)))
      child.kill('SIGKILL')
      await Promise.all([ended, writing])
    }
    const engine = await openEngine({ store: { kind: 'files', directory: data }, workers: 0 })
    for (const [i, client] of clients.entries()) {
      // The last request was not acknowledged: the client repeats it once more.
      const body = `t,client=c${i},request=${client.sequence} v=1i\nt,client=c${i},request=${client.sequence}b v=2i`
      const producer = { id: `c${i}`, sequence: BigInt(client.sequence) }
      await engine.append({ kind: 'line-protocol', body }, { producer })
    }
    const answer = await engine.query('SELECT count(*), sum(v) FROM t GROUP BY client')
    const wanted = clients.map(({ sequence }, i) => [`c${i}`, BigInt(2 * (sequence + 1)), BigInt(3 * (sequence + 1))])
    expect(rowsOf(await collectRows(answer))).toEqual(wanted)
    expect(clients.reduce((total, { sequence }) => total + sequence, 0)).toBeGreaterThan(KILLS)
    await engine.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Column, openEngine, valueAt } from '../../engine/engine.ts'
import { freePort, httpClient, startServer } from '../bench/server-process.ts'
import { overload, overloadFaults } from '../support/overload.ts'

const RELAY_PATH = join(import.meta.dirname, '..', 'support', 'small-relay.ts')
const SECONDS = 20
/** More than the relay lets run and wait. */
const CLIENTS = 500
const ROWS = 100
/** A process without work takes about 150; an unbounded queue of this load would pass it within seconds. */
const MOST_MEGABYTES = 900

test('a relay that gets more than it can take refuses the rest, keeps its memory flat and loses nothing acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-overload-'))
  const directory = join(folder, 'data')
  const port = await freePort()
  const http = httpClient(port)
  const server = await startServer([process.execPath, RELAY_PATH, directory, String(port)], {
    log: join(folder, 'log'),
    ready: () => http.get('/health'),
  })
  try {
    const report = await overload({ port, pid: server.pid, seconds: SECONDS, clients: CLIENTS, rowsPerRequest: ROWS })
    http.close()
    await server.stop()
    expect(report.acknowledged).toBeGreaterThan(0)
    expect(report.refused).toBeGreaterThan(0)
    expect([...report.other]).toEqual([])
    expect(Math.max(...report.megabytes)).toBeLessThan(MOST_MEGABYTES)

    const engine = await openEngine({ store: { kind: 'files', directory } })
    const stored = Array.from({ length: CLIENTS }, () => new Map<number, number>())
    const { columns, batches } = await engine.query('SELECT client, sequence FROM load')
    const [clientAt, sequenceAt] = ['client', 'sequence'].map((name) => columns.findIndex((one) => one.name === name))
    for await (const { rows, columns: values } of batches) {
      const [client, sequence] = [values[clientAt as number] as Column, values[sequenceAt as number] as Column]
      for (let row = 0; row < rows; row++) {
        const counts = stored[Number(String(valueAt(client, row)).slice(1))]
        const number = Number(valueAt(sequence, row))
        counts?.set(number, (counts.get(number) ?? 0) + 1)
      }
    }
    await engine.close()
    expect(overloadFaults(report, ROWS, (client) => stored[client] ?? new Map())).toEqual([])
  } finally {
    http.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}, 180_000)

test('the check of an overload finds what is lost, cut and invented', () => {
  const report = {
    ...{ acknowledged: 2, refused: 0, other: new Map(), megabytes: [], sentBytes: 0 },
    sequences: [{ acknowledged: [0, 1], unanswered: [2, 3] }],
  }
  const faults = (stored: [number, number][]): string[] => overloadFaults(report, 5, () => new Map(stored))
  const whole: [number, number][] = [
    [0, 5],
    [1, 5],
  ]
  expect(faults(whole)).toEqual([])
  expect(faults([...whole, [2, 5]])).toEqual([])
  expect(faults([[0, 5]])).toHaveLength(1)
  expect(faults([...whole, [2, 3]])).toHaveLength(1)
  expect(faults([...whole, [7, 5]])).toHaveLength(1)
})

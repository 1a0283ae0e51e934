import { afterEach, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { collectRows, type Engine, openEngine } from '../../../engine/engine.ts'
import { RemoteWrites } from '../../../relay/commands/remote-writes.ts'
import { type RelayServer, serve } from '../../../relay/server.ts'

const running: { server: RelayServer; engine: Engine }[] = []
afterEach(async () => {
  for (const { server, engine } of running.splice(0)) {
    await server.close()
    await engine.close()
  }
})

async function relay(): Promise<{ url: string; engine: Engine }> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const server = await serve({ engine, port: 0 })
  running.push({ server, engine })
  return { url: server.url, engine }
}

async function countOf(engine: Engine): Promise<number> {
  const { columns } = await collectRows(await engine.query('SELECT count(*) FROM m'))
  return Number(columns.at(-1)?.values[0])
}

const text = (lines: string): Uint8Array => new TextEncoder().encode(lines)
const failed = async (response: Response): Promise<Error> => new Error(`status ${response.status}`)
const lost = (): TidemarkError => new TidemarkError('io', 'the connection broke')

/** Calls of a relay of which some answers are lost on their way, by the number of the call from 1. */
function losing(url: string, answers: ReadonlySet<number>): (path: string, init: RequestInit) => Promise<Response> {
  let calls = 0
  return async (path, init) => {
    const number = ++calls
    const response = await fetch(url + path, init)
    if (answers.has(number)) throw lost()
    return response
  }
}

test('writes whose answers are lost are stored once', async () => {
  const { url, engine } = await relay()
  const writes = new RemoteWrites(losing(url, new Set([2, 3, 5])), 'p', 1)
  const results = []
  // Rows without a time get one at each request, so that a row that is stored twice is two rows.
  for (let i = 0; i < 4; i++) results.push(await writes.append(text(`m,n=a v=${i}i\nm,n=b v=${i}i`), 'ns', failed))
  expect(results.map(({ rows, duplicate }) => [rows, duplicate ?? false])).toEqual([
    [2, false],
    [2, true],
    [2, true],
    [2, false],
  ])
  expect(await countOf(engine)).toBe(8)
})

test('calls that are made at once are sent one after the other', async () => {
  const { url, engine } = await relay()
  const writes = new RemoteWrites((path, init) => fetch(url + path, init), 'p', 1)
  await Promise.all(Array.from({ length: 20 }, (_, i) => writes.append(text(`m v=${i}i ${i + 1}`), 'ns', failed)))
  expect(await countOf(engine)).toBe(20)
})

test('a relay that never answered is not waited for, one that does not come back is given up after ten tries', async () => {
  let calls = 0
  const silent = async (): Promise<Response> => {
    calls++
    throw lost()
  }
  await expect(new RemoteWrites(silent, 'p', 1).append(text('m v=1i'), 'ns', failed)).rejects.toThrow('broke')
  expect(calls).toBe(1)
  const once = async (): Promise<Response> => {
    if (++calls === 2) return new Response(null, { status: 204 })
    throw lost()
  }
  const writes = new RemoteWrites(once, 'p', 1)
  await writes.append(text('m v=1i'), 'ns', failed)
  await expect(writes.append(text('m v=2i'), 'ns', failed)).rejects.toThrow('broke')
  expect(calls).toBe(12)
})

test('another answer than yes, rejected rows or too many is an error at once', async () => {
  const writes = new RemoteWrites(async () => new Response('no', { status: 413 }), 'p', 1)
  await expect(writes.append(text('m v=1i'), 'ns', failed)).rejects.toThrow('status 413')
})

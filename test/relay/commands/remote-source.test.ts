import { afterEach, describe, expect, test } from 'vitest'
import type { Batch } from '../../../engine/core/batch.ts'
import { TidemarkError } from '../../../engine/core/errors.ts'
import type { Engine } from '../../../engine/engine.ts'
import { RemoteSource } from '../../../relay/commands/remote-source.ts'
import type { JsonValue } from '../../../relay/json-rows.ts'
import { type RelayServer, serve } from '../../../relay/server.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

const running: RelayServer[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function relay(parts: Partial<Engine>, token?: string): Promise<string> {
  const server = await serve({ engine: fakeEngine(parts), port: 0, ...(token !== undefined && { token }) })
  running.push(server)
  return server.url
}

function batch(from: number, rows: number): Batch {
  return {
    rows,
    columns: [
      { name: 'n', type: 'i64', values: BigInt64Array.from({ length: rows }, (_, i) => BigInt(from + i)) },
      { name: 's', type: 'string', values: new Uint32Array(rows), dictionary: ['a],\n["b"'] },
    ],
  }
}

const columns = [
  { name: 'n', type: 'i64' as const },
  { name: 's', type: 'string' as const },
]

async function* batchesOf(...parts: (Batch | Error)[]): AsyncGenerator<Batch> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}

async function rowsOf(url: string): Promise<JsonValue[][]> {
  const { parts } = await new RemoteSource(url, undefined).rows('SELECT 1')
  const rows: JsonValue[][] = []
  for await (const part of parts) rows.push(...part)
  return rows
}

describe('a relay as the source of a command', () => {
  test('gives the rows of an answer of any length', async () => {
    for (const sizes of [[], [1], [4096], [10_000, 1, 5000]]) {
      let from = 0
      const parts = sizes.map((size) => {
        from += size
        return batch(from - size, size)
      })
      const url = await relay({ query: async () => ({ columns, keys: [], batches: batchesOf(...parts) }) })
      const rows = await rowsOf(url)
      expect(rows.length).toBe(from)
      expect(rows.every(([n, s], i) => n === i && s === 'a],\n["b"')).toBe(true)
    }
  })

  test('never takes an answer that broke off for a whole one', async () => {
    const large = batch(0, 100_000)
    const batches = batchesOf(large, large, new TidemarkError('io', 'the disk is gone'))
    const url = await relay({ query: async () => ({ columns, keys: [], batches }) })
    await expect(rowsOf(url)).rejects.toThrow()
  })

  test('throws the error of the relay with its place', async () => {
    const error = new TidemarkError('query', 'no', { position: { offset: 1, length: 2 } })
    const url = await relay({ query: () => Promise.reject(error) })
    await expect(rowsOf(url)).rejects.toMatchObject({
      kind: 'query',
      message: 'no',
      position: { offset: 1, length: 2 },
    })
  })

  test('stores line protocol and tells what was rejected', async () => {
    const rejected = [{ line: 2, column: 3, reason: 'no', text: 'x' }]
    const url = await relay({
      append: async (input) => {
        const bad = input.kind === 'line-protocol' && input.precision === 's'
        return { rows: 5, rejectedCount: bad ? 1 : 0, rejected: bad ? rejected : [], warnings: [] }
      },
    })
    const source = new RemoteSource(`${url}/`, undefined)
    const lines = new TextEncoder().encode('cpu x=1')
    expect(await source.append(lines, 'ns')).toMatchObject({ rows: 5, rejectedCount: 0 })
    expect(await source.append(lines, 's')).toMatchObject({ rows: 5, rejectedCount: 1, rejected })
  })

  test('shows its token, and says so where it is not right', async () => {
    const url = await relay({ catalog: async () => ({ tables: [] }) }, 'secret')
    expect(await new RemoteSource(url, 'secret').catalog()).toEqual({ tables: [] })
    await expect(new RemoteSource(url, 'wrong').catalog()).rejects.toMatchObject({ kind: 'auth' })
    await expect(new RemoteSource(url, undefined).append(new Uint8Array(), 'ns')).rejects.toMatchObject({
      kind: 'auth',
    })
  })

  test('says that no relay answers', async () => {
    await expect(new RemoteSource('http://127.0.0.1:1', undefined).catalog()).rejects.toThrow('no relay answers at')
    expect(() => new RemoteSource('localhost:8086', undefined)).toThrow('is not the address of a relay')
  })
})

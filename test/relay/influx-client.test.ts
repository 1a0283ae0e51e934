import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, openEngine, TidemarkError } from '../../engine/engine.ts'
import { type RelayServer, serve } from '../../relay/server.ts'
import { fakeEngine } from '../support/fake-engine.ts'

let engine: Engine
let server: RelayServer

beforeAll(async () => {
  // The client logs the failures that are wanted here.
  setLogger({ error: () => undefined, warn: () => undefined })
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  server = await serve({ engine, port: 0 })
})

afterAll(async () => {
  await server.close()
  await engine.close()
})

async function rows(query: string): Promise<unknown[][]> {
  const response = await fetch(`${server.url}/api/query`, { method: 'POST', body: JSON.stringify({ query }) })
  const answer: unknown = await response.json()
  if (typeof answer !== 'object' || answer === null || !('rows' in answer)) throw new Error(JSON.stringify(answer))
  return answer.rows as unknown[][]
}

const start = 1_767_225_600

describe('the official client of InfluxDB 2', () => {
  test('writes points of every type, which are there to be asked for once flush resolves', async () => {
    const client = new InfluxDB({ url: server.url, token: 'any' })
    const api = client.getWriteApi('my org', 'my bucket', 's', { maxRetries: 0 })
    api.useDefaultTags({ region: 'eu west' })
    for (let i = 0; i < 100; i++) {
      const point = new Point('cpu')
        .tag('host', `host,${i % 4}`)
        .floatField('usage', i / 4)
        .intField('count', i)
        .booleanField('busy', i % 2 === 0)
        .stringField('note', `say "${i}"\\`)
        .timestamp(start + i)
      api.writePoint(point)
    }
    await api.close()
    expect(await rows('SELECT count(usage), sum(count), max(usage) FROM cpu')).toEqual([[100, 4950, 24.75]])
    expect(
      await rows(`SELECT usage, count, busy, note FROM cpu WHERE host = 'host,1' AND region = 'eu west' LIMIT 1`),
    ).toEqual([expect.arrayContaining([0.25, 1, false, 'say "1"\\'])])
  })

  test.each([
    ['ns', `${start}123456789`, '2026-01-01T00:00:00.123456789Z'],
    ['us', `${start}123456`, '2026-01-01T00:00:00.123456000Z'],
    ['ms', `${start}123`, '2026-01-01T00:00:00.123000000Z'],
    ['s', `${start}`, '2026-01-01T00:00:00.000000000Z'],
  ] as const)('writes times in %s', async (precision, time, wanted) => {
    const api = new InfluxDB({ url: server.url, token: 'any' }).getWriteApi('o', 'b', precision, { maxRetries: 0 })
    api.writeRecord(`precision_${precision} value=1 ${time}`)
    await api.close()
    expect(await rows(`SELECT time, value FROM precision_${precision}`)).toEqual([[wanted, 1]])
  })

  test('compresses what it writes', async () => {
    const client = new InfluxDB({ url: server.url, token: 'any', timeout: 30_000 })
    const api = client.getWriteApi('o', 'b', 's', { gzipThreshold: 1, batchSize: 10_000, maxRetries: 0 })
    for (let i = 0; i < 5000; i++) api.writePoint(new Point('compressed').floatField('value', i).timestamp(start + i))
    await api.close()
    expect(await rows('SELECT count(value), sum(value) FROM compressed')).toEqual([[5000, 12_497_500]])
  })

  test('is told the first bad line, and the good lines are stored', async () => {
    const failures: unknown[] = []
    const api = new InfluxDB({ url: server.url, token: 'any' }).getWriteApi('o', 'b', 's', {
      maxRetries: 0,
      writeFailed: async (error) => {
        failures.push(error)
      },
    })
    api.writeRecords([`partly value=1 ${start}`, 'partly value=', `partly value=2 ${start + 1}`, 'nonsense'])
    await api.close()
    const [failure] = failures
    if (!(failure instanceof HttpError)) throw new Error('the client was told nothing')
    expect(failure.statusCode).toBe(400)
    expect(failure.json).toMatchObject({ code: 'invalid', line: 2, rejectedCount: 2, rows: 2 })
    expect(failure.message).toMatch(/line 2, column \d+: .*\(2 lines rejected, 2 rows written\)/)
    expect(await rows('SELECT count(value) FROM partly')).toEqual([[2]])
  })

  test('comes again by itself when the relay has no place for a write', async () => {
    let calls = 0
    const busy = await serve({
      port: 0,
      engine: fakeEngine({
        append: (input) => {
          calls++
          if (calls === 1) throw new TidemarkError('quota', 'too much at once')
          return engine.append(input)
        },
      }),
    })
    const api = new InfluxDB({ url: busy.url, token: 'any' }).getWriteApi('o', 'b', 's', { maxRetries: 3 })
    api.writeRecord(`again value=1 ${start}`)
    await expect(api.flush()).rejects.toThrow('too much at once')
    await api.flush(true)
    await api.close()
    await busy.close()
    expect(calls).toBe(2)
    expect(await rows('SELECT count(value) FROM again')).toEqual([[1]])
  })
})

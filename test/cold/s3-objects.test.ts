import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_ATTEMPTS, systemTransport } from '../../engine/cold/request.ts'
import { PART_BYTES, S3Objects } from '../../engine/cold/s3-objects.ts'
import { systemClock } from '../../engine/core/clock.ts'
import { patterned } from '../support/patterned.ts'
import { S3_BUCKET, S3_CREDENTIALS, S3Server } from '../support/s3-server.ts'

let server: S3Server
let waits: number[]

beforeEach(async () => {
  server = await S3Server.start()
  waits = []
})

afterEach(() => server.close())

function objects(others: Partial<typeof S3_CREDENTIALS> & { prefix?: string; bucket?: string } = {}): S3Objects {
  const location = { bucket: S3_BUCKET, prefix: 'cold', endpoint: server.endpoint, ...S3_CREDENTIALS, ...others }
  const transport = { ...systemTransport, wait: async (ms: number) => void waits.push(ms) }
  return new S3Objects(location, systemClock, transport)
}

async function listed(store: S3Objects, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

describe('objects of an S3-compatible store', () => {
  test.each(['a', 'table=cpu/day=2026-11-22/0a.parquet', 'table=a%20b%2Fc/x', 'table=~!*()_'])(
    'keeps what is put under %s, below its prefix',
    async (key) => {
      const store = objects()
      const etag = await store.put(key, patterned(1000, 1))
      expect(await store.get(key)).toEqual({ bytes: patterned(1000, 1), etag })
      expect([...server.objects.keys()]).toEqual([`cold/${key}`])
      expect(await listed(store)).toEqual([key])
      await store.delete(key)
      await store.delete(key)
      expect(await store.get(key)).toBeUndefined()
    },
  )

  test('gives exactly the bytes of a range, and of the end', async () => {
    const store = objects()
    await store.put('a', patterned(1000, 1))
    const part = async (range: Parameters<S3Objects['get']>[1]) => (await store.get('a', range))?.bytes
    expect(await part({ start: 0, end: 1 })).toEqual(patterned(1000, 1).subarray(0, 1))
    expect(await part({ start: 990, end: 1000 })).toEqual(patterned(1000, 1).subarray(990))
    expect(await part({ last: 16 })).toEqual(patterned(1000, 1).subarray(984))
    await expect(part({ start: 990, end: 1001 })).rejects.toMatchObject({ kind: 'truncated' })
    await expect(part({ start: 1000, end: 1001 })).rejects.toMatchObject({ kind: 'truncated' })
  })

  test('puts large objects in parts, with the same bytes and the same condition', async () => {
    const store = objects()
    const bytes = patterned(2 * PART_BYTES + 5, 3)
    expect(await store.put('big', bytes, 'absent')).toMatch(/-3"$/)
    expect(Buffer.compare(server.objects.get('cold/big')?.bytes ?? Buffer.alloc(0), bytes)).toBe(0)
    expect(await store.put('big', bytes, 'absent')).toBeUndefined()
    expect(server.uploads.size).toBe(0)
  })

  test('leaves no parts behind where an upload fails', async () => {
    const store = objects()
    server.fault = ({ query }) => (query.get('partNumber') === '2' ? 403 : undefined)
    await expect(store.put('big', patterned(PART_BYTES + 1, 3))).rejects.toMatchObject({ kind: 'auth' })
    expect(server.uploads.size).toBe(0)
    expect(server.objects.size).toBe(0)
  })

  test('lists over as many pages as there are, by prefix', async () => {
    const store = objects()
    server.pageKeys = 2
    for (const key of ['b/3', 'b/1', 'b/2', 'a', 'c', 'b/<&>']) await store.put(key, patterned(3, 1))
    expect(await listed(store, 'b/')).toEqual(['b/1', 'b/2', 'b/3', 'b/<&>'])
    expect(await listed(objects({ prefix: 'other' }))).toEqual([])
  })

  test('makes a conditional put only where its condition holds', async () => {
    const store = objects()
    const first = await store.put('m', patterned(1, 1), 'absent')
    expect(await store.put('m', patterned(1, 2), 'absent')).toBeUndefined()
    expect(await store.put('n', patterned(1, 2), { ifMatch: '"x"' })).toBeUndefined()
    const second = await store.put('m', patterned(1, 3), { ifMatch: first ?? '' })
    expect(await store.put('m', patterned(1, 4), { ifMatch: first ?? '' })).toBeUndefined()
    expect(await store.get('m')).toEqual({ bytes: patterned(1, 3), etag: second })
  })
})

describe('where the store fails', () => {
  test('tries again with pauses that double, and has the answer', async () => {
    const store = objects()
    await store.put('a', patterned(10, 1))
    let left = 3
    server.fault = () => (left-- > 0 ? ([500, 'lost-request', 429] as const)[left] : undefined)
    expect((await store.get('a'))?.bytes).toEqual(patterned(10, 1))
    expect(waits).toEqual([100, 200, 400])
    expect(store.traffic.requests).toBe(5)
  })

  test(`gives up after ${MAX_ATTEMPTS} attempts with kind io, and names the place`, async () => {
    const store = objects()
    server.fault = () => 503
    await expect(store.get('a')).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringContaining('s3://tide/cold'),
    })
    expect(server.requests.length).toBe(MAX_ATTEMPTS)
  })

  test('takes an answer that was cut for none', async () => {
    const store = objects()
    await store.put('a', patterned(100_000, 1))
    let cuts = 1
    server.fault = () => (cuts-- > 0 ? 'cut-answer' : undefined)
    expect((await store.get('a'))?.bytes).toEqual(patterned(100_000, 1))
  })

  test('knows its own conditional put again where only the answer was lost', async () => {
    const store = objects()
    let lost = 1
    server.fault = ({ method }) => (method === 'PUT' && lost-- > 0 ? 'lost-answer' : undefined)
    const etag = await store.put('m', patterned(10, 1), 'absent')
    expect(etag).toBe(server.objects.get('cold/m')?.etag)
    lost = 1
    expect(await store.put('m', patterned(10, 2), { ifMatch: etag ?? '' })).toBe(server.objects.get('cold/m')?.etag)
    // Another's put in between is not taken for the own one.
    lost = 1
    const stale = etag ?? ''
    expect(await store.put('m', patterned(10, 3), { ifMatch: stale })).toBeUndefined()
  })

  test('knows its own upload in parts again where the last answer was lost', async () => {
    const store = objects()
    let lost = 1
    server.fault = ({ method, query }) =>
      method === 'POST' && query.has('uploadId') && lost-- > 0 ? 'lost-answer' : undefined
    expect(await store.put('big', patterned(PART_BYTES + 1, 1))).toMatch(/-2"$/)
  })

  test.each([
    [{ secretAccessKey: 'another' }, 'auth', 'SignatureDoesNotMatch'],
    [{ accessKeyId: 'ANOTHER' }, 'auth', 'InvalidAccessKeyId'],
    [{ bucket: 'another' }, 'io', 'NoSuchBucket'],
  ])('refuses at once with %j', async (others, kind, code) => {
    await expect(objects(others).get('a')).rejects.toMatchObject({ kind, message: expect.stringContaining(code) })
    expect(server.requests.length).toBe(1)
  })

  test('a store that cannot be reached is an error of kind io that names it', async () => {
    const store = objects()
    await server.close()
    await expect(store.put('a', patterned(1, 1))).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringMatching(/write s3:\/\/tide\/cold\/a.*ECONNREFUSED/),
    })
    server = await S3Server.start()
  })
})

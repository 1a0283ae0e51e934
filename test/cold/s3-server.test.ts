import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { patterned } from '../support/patterned.ts'
import { S3_BUCKET, S3_CREDENTIALS, S3Server } from '../support/s3-server.ts'

// The server of the tests, driven by Amazon's own client: what it accepts and answers is what S3 does.

let server: S3Server
let client: S3Client
const Bucket = S3_BUCKET

beforeEach(async () => {
  server = await S3Server.start()
  client = clientWith({})
})

afterEach(async () => {
  client.destroy()
  await server.close()
})

function clientWith(others: { accessKeyId?: string; secretAccessKey?: string; region?: string }): S3Client {
  const { region, ...credentials } = { ...S3_CREDENTIALS, ...others }
  return new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
}

async function get(Key: string, Range?: string): Promise<Uint8Array> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }))
  return (await Body?.transformToByteArray()) ?? new Uint8Array()
}

describe('the S3 server of the tests, by the official client', () => {
  test('gives back what was put, under keys with characters that signing has to encode', async () => {
    for (const [i, Key] of ['a', 'table=cpu/day=2026-11-22/x.parquet', 'a b+c%/é!(*)', "it's&<more>"].entries()) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: patterned(1000, i) }))
      expect(await get(Key)).toEqual(patterned(1000, i))
      expect(server.objects.has(Key)).toBe(true)
    }
  })

  test('answers ranges from the start, from the middle and of the end', async () => {
    const bytes = patterned(1000, 1)
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: bytes }))
    expect(await get('a', 'bytes=0-9')).toEqual(bytes.subarray(0, 10))
    expect(await get('a', 'bytes=990-2000')).toEqual(bytes.subarray(990))
    expect(await get('a', 'bytes=500-')).toEqual(bytes.subarray(500))
    expect(await get('a', 'bytes=-16')).toEqual(bytes.subarray(984))
    await expect(get('a', 'bytes=1000-1001')).rejects.toMatchObject({ $metadata: { httpStatusCode: 416 } })
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
    expect(head.ContentLength).toBe(1000)
  })

  test('lists by pages, in the order of the keys', async () => {
    server.pageKeys = 3
    const keys = Array.from({ length: 10 }, (_, i) => `p/${String(i).padStart(2, '0')}`)
    for (const Key of [...keys].reverse()) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
    await client.send(new PutObjectCommand({ Bucket, Key: 'q/1', Body: 'x' }))
    const listed: (string | undefined)[] = []
    let pages = 0
    for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket, Prefix: 'p/' })) {
      pages++
      listed.push(...(Contents ?? []).map(({ Key }) => Key))
    }
    expect(listed).toEqual(keys)
    expect(pages).toBe(4)
  })

  test('puts together the parts of an upload, and refuses parts that are too small or unknown', async () => {
    const parts = [patterned(5 << 20, 1), patterned(100, 2)]
    const begin = async (): Promise<string | undefined> =>
      (await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }))).UploadId
    const UploadId = await begin()
    const Parts: { ETag: string | undefined; PartNumber: number }[] = []
    for (const [i, Body] of parts.entries()) {
      const { ETag } = await client.send(
        new UploadPartCommand({ Bucket, Key: 'big', UploadId, PartNumber: i + 1, Body }),
      )
      Parts.push({ ETag, PartNumber: i + 1 })
    }
    const complete = (list: typeof Parts, id: string | undefined) =>
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId: id, MultipartUpload: { Parts: list } }),
      )
    await expect(complete([{ ETag: '"0"', PartNumber: 1 }], UploadId)).rejects.toThrow()
    const { ETag } = await complete(Parts, UploadId)
    expect(ETag).toMatch(/-2"$/)
    expect(Buffer.compare(await get('big'), Buffer.concat(parts))).toBe(0)
    const given = await begin()
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId: given }))
    await expect(complete(Parts, given)).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  test('makes a conditional put only where its condition holds', async () => {
    const put = (Body: string, condition: { IfNoneMatch?: string; IfMatch?: string | undefined }) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'm', Body, ...condition }))
    const unmet = { $metadata: { httpStatusCode: 412 } }
    await expect(put('0', { IfMatch: '"x"' })).rejects.toMatchObject({ name: 'NoSuchKey' })
    const { ETag } = await put('1', { IfNoneMatch: '*' })
    await expect(put('2', { IfNoneMatch: '*' })).rejects.toMatchObject(unmet)
    await put('3', { IfMatch: ETag })
    await expect(put('4', { IfMatch: ETag })).rejects.toMatchObject(unmet)
    expect(new TextDecoder().decode(await get('m'))).toBe('3')
  })

  test('removes, and says that a key is not there', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
    await expect(get('a')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  test.each([
    [{ secretAccessKey: 'another' }, 'SignatureDoesNotMatch'],
    [{ accessKeyId: 'ANOTHER' }, 'InvalidAccessKeyId'],
    [{ region: 'another-1' }, 'SignatureDoesNotMatch'],
  ])('refuses a client with %j', async (others, name) => {
    const stranger = clientWith(others)
    await expect(stranger.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))).rejects.toMatchObject({ name })
    expect(server.objects.size).toBe(0)
    stranger.destroy()
  })

  test('refuses a request without a signature, and content that is not the one that was signed', async () => {
    expect((await fetch(`${server.endpoint}/${Bucket}/a`)).status).toBe(403)
    let signed: { headers: Record<string, string>; path: string; query: Record<string, string> } | undefined
    client.middlewareStack.add(
      (next) => (args) => {
        signed = args.request as typeof signed
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'true' }))
    if (signed === undefined) throw new Error('no request was seen')
    const address = `${server.endpoint}${signed.path}?${new URLSearchParams(signed.query)}`
    const { 'content-length': _, host: __, ...headers } = signed.headers
    const send = (body: string) => fetch(address, { method: 'PUT', headers, body })
    expect((await send('true')).status).toBe(200)
    expect(await (await send('fals')).text()).toContain('XAmzContentSHA256Mismatch')
    expect(new TextDecoder().decode(await get('a'))).toBe('true')
  })
})

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Credentials, signatureProblem } from './s3-signature.ts'

export const S3_CREDENTIALS = { accessKeyId: 'TESTKEY', secretAccessKey: 'test/secret+key', region: 'test-region-1' }
export const S3_BUCKET = 'tide'

interface S3Object {
  bytes: Buffer
  etag: string
}

/** A request as a fault sees it. */
export interface SeenRequest {
  method: string
  key: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  bytes: number
}

/** What happens in place of an answer: an HTTP status, a connection that ends before or after the request is carried out. */
export type Fault = number | 'lost-request' | 'lost-answer' | 'cut-answer' | undefined

/** Most keys of one page of a listing, as S3 has it. */
const MAX_KEYS = 1000
const MIN_PART_BYTES = 5 << 20

class S3Failure extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

interface Call extends SeenRequest {
  body: Buffer
}

/** One bucket of an S3 store in memory, over HTTP. */
export class S3Server {
  readonly objects: Map<string, S3Object> = new Map()
  readonly uploads: Map<string, { key: string; parts: Map<number, S3Object> }> = new Map()
  /** Every request that arrived, in order. */
  readonly requests: SeenRequest[] = []
  /** Decides about each request before it is carried out. */
  fault: (request: SeenRequest) => Fault = () => undefined
  pageKeys: number = MAX_KEYS
  readonly #server: Server
  readonly #credentials: Credentials
  #uploadCount = 0

  private constructor(credentials: Credentials) {
    this.#credentials = credentials
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async start(credentials: Credentials = S3_CREDENTIALS): Promise<S3Server> {
    const server = new S3Server(credentials)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method = '', url: target = '', headers } = request
    const url = new URL(target, this.endpoint)
    const [, bucket, ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const call = { method, key: rest.join('/'), query: url.searchParams, headers, body, bytes: body.length }
    this.requests.push(call)
    try {
      const problem = signatureProblem({ method, target, headers, body }, this.#credentials)
      if (problem) throw new S3Failure(403, ...problem)
      if (bucket !== S3_BUCKET) throw new S3Failure(404, 'NoSuchBucket', 'there is no such bucket')
      const fault = this.fault(call)
      if (fault === 'lost-request') return void response.destroy()
      if (typeof fault === 'number') throw new S3Failure(fault, 'InternalError', 'made to fail')
      const answer = this.#answer(call)
      if (fault === 'lost-answer') return void response.destroy()
      response.writeHead(answer.status, { ...answer.headers, 'Content-Length': answer.body.length })
      if (fault === 'cut-answer') {
        response.write(answer.body.subarray(0, answer.body.length >> 1))
        return void setTimeout(() => response.destroy(), 20)
      }
      response.end(method === 'HEAD' ? undefined : answer.body)
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error
      const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${escapeText(error.message)}</Message></Error>`
      response.writeHead(error.status, { 'Content-Type': 'application/xml' })
      response.end(method === 'HEAD' ? undefined : xml)
    }
  }

  #answer(call: Call): { status: number; headers: Record<string, string>; body: Buffer } {
    const { method, key, query } = call
    if (key === '') {
      if (method === 'GET' && query.get('list-type') === '2') return ok(this.#list(query))
      throw new S3Failure(501, 'NotImplemented', 'of the bucket only ListObjectsV2')
    }
    if (method === 'GET' || method === 'HEAD') return this.#get(call)
    if (method === 'PUT' && query.has('partNumber')) return this.#putPart(call)
    if (method === 'PUT') return this.#put(call, call.body, etagOf(call.body))
    if (method === 'POST' && query.has('uploads')) return this.#beginUpload(key)
    if (method === 'POST') return this.#finishUpload(call)
    if (method !== 'DELETE') throw new S3Failure(501, 'NotImplemented', method)
    if (query.has('uploadId')) this.uploads.delete(query.get('uploadId') ?? '')
    else this.objects.delete(key)
    return { status: 204, headers: {}, body: Buffer.alloc(0) }
  }

  #get({ key, headers }: Call): { status: number; headers: Record<string, string>; body: Buffer } {
    const object = this.objects.get(key)
    if (object === undefined) throw new S3Failure(404, 'NoSuchKey', 'there is no such key')
    const size = object.bytes.length
    const common = { ETag: object.etag, 'Accept-Ranges': 'bytes', 'Content-Type': 'application/octet-stream' }
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
    if (from === '' && to === '') return { status: 200, headers: common, body: object.bytes }
    const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
    const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1)
    if (start >= end) throw new S3Failure(416, 'InvalidRange', 'the range is not satisfiable')
    const contentRange = `bytes ${start}-${end - 1}/${size}`
    return {
      status: 206,
      headers: { ...common, 'Content-Range': contentRange },
      body: object.bytes.subarray(start, end),
    }
  }

  #put({ key, headers }: Call, bytes: Buffer, etag: string) {
    const there = this.objects.get(key)
    if (headers['if-none-match'] === '*' && there) throw new S3Failure(412, 'PreconditionFailed', 'If-None-Match')
    const expected = headers['if-match']
    if (expected !== undefined && !there) throw new S3Failure(404, 'NoSuchKey', 'there is no such key')
    if (expected !== undefined && there?.etag !== expected) throw new S3Failure(412, 'PreconditionFailed', 'If-Match')
    this.objects.set(key, { bytes, etag })
    return { status: 200, headers: { ETag: etag }, body: Buffer.alloc(0) }
  }

  #beginUpload(key: string) {
    const id = `upload-${++this.#uploadCount}`
    this.uploads.set(id, { key, parts: new Map() })
    return ok(
      `<InitiateMultipartUploadResult><Bucket>${S3_BUCKET}</Bucket><Key>${escapeText(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    )
  }

  #upload({ key, query }: Call) {
    const upload = this.uploads.get(query.get('uploadId') ?? '')
    if (upload?.key !== key) throw new S3Failure(404, 'NoSuchUpload', 'there is no such upload')
    return upload
  }

  #putPart(call: Call) {
    const number = Number(call.query.get('partNumber'))
    if (!(number >= 1 && number <= 10_000)) throw new S3Failure(400, 'InvalidArgument', 'partNumber')
    const etag = etagOf(call.body)
    this.#upload(call).parts.set(number, { bytes: call.body, etag })
    return { status: 200, headers: { ETag: etag }, body: Buffer.alloc(0) }
  }

  #finishUpload(call: Call) {
    const { parts } = this.#upload(call)
    const named = [...call.body.toString().matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, xml = '']) => ({
      number: Number(/<PartNumber>(\d+)</.exec(xml)?.[1]),
      etag: (/<ETag>([^<]*)</.exec(xml)?.[1] ?? '').replace(/&quot;|&#34;/g, '"'),
    }))
    const chosen = named.map(({ number, etag }, i) => {
      const part = parts.get(number)
      if (part?.etag !== etag) throw new S3Failure(400, 'InvalidPart', `part ${number}`)
      if (i > 0 && number <= (named[i - 1]?.number ?? 0)) throw new S3Failure(400, 'InvalidPartOrder', `part ${number}`)
      if (i < named.length - 1 && part.bytes.length < MIN_PART_BYTES)
        throw new S3Failure(400, 'EntityTooSmall', `part ${number}`)
      return part
    })
    if (chosen.length === 0) throw new S3Failure(400, 'MalformedXML', 'no parts')
    const hashes = Buffer.concat(chosen.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex')))
    const etag = `"${createHash('md5').update(hashes).digest('hex')}-${chosen.length}"`
    this.#put(call, Buffer.concat(chosen.map(({ bytes }) => bytes)), etag)
    this.uploads.delete(call.query.get('uploadId') ?? '')
    return ok(
      `<CompleteMultipartUploadResult><Key>${escapeText(call.key)}</Key><ETag>${escapeText(etag)}</ETag></CompleteMultipartUploadResult>`,
    )
  }

  #list(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? ''
    const token = query.get('continuation-token')
    const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString()
    const count = Math.min(this.pageKeys, Number(query.get('max-keys') ?? MAX_KEYS))
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && bytewise(key, after) > 0)
      .sort(bytewise)
    const page = keys.slice(0, count)
    const last = page[page.length - 1]
    const isCut = page.length < keys.length
    const next = isCut && last !== undefined ? Buffer.from(last).toString('base64url') : undefined
    const contents = page.map((key) => {
      const object = this.objects.get(key)
      return `<Contents><Key>${escapeText(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>${escapeText(object?.etag ?? '')}</ETag><Size>${object?.bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    })
    const nextXml = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
    return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>${S3_BUCKET}</Name><Prefix>${escapeText(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${count}</MaxKeys><IsTruncated>${isCut}</IsTruncated>${contents.join('')}${nextXml}</ListBucketResult>`
  }
}

function ok(xml: string): { status: number; headers: Record<string, string>; body: Buffer } {
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body: Buffer.from(xml) }
}

function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
}

import { AwsClient } from 'aws4fetch'
import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { ByteRange, ObjectInfo, ObjectStore, PutCondition, StoredObject, Traffic } from './object-store.ts'
import { type Answer, exchange, partOf, quoted, rangeHeader, systemTransport, type Transport } from './request.ts'
import { readError, readListPage, readUploadEtag, readUploadId } from './s3-xml.ts'
import { escapeXml } from './xml-reader.ts'

/** Larger objects are put in parts of this size. S3 wants 5 MiB at least, and 10,000 parts at most. */
export const PART_BYTES: number = 16 << 20
export const MAX_PARTS = 10_000
/** Pages of 1000 keys that a listing has at most. */
export const MAX_PAGES = 4096
/** A page has 1000 keys of 1024 bytes, each of which may be escaped. */
export const MAX_XML_BYTES: number = 16 << 20

/** Where the objects of an S3-compatible store are, and with whose rights they are reached. */
export interface S3Location {
  bucket: string
  /** Keys begin with it and a slash. Default none. */
  prefix?: string
  /** Address of a store that is not Amazon's, as `http://127.0.0.1:9000`. */
  endpoint?: string
  /** Default `us-east-1`. */
  region?: string
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

interface Action {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  key: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array
  range?: ByteRange
  /** For messages. */
  verb: string
}

/** Objects of an S3-compatible store. Requests are signed (Signature Version 4), with the hash of what they send. */
export class S3Objects implements ObjectStore {
  readonly place: string
  readonly traffic: Traffic = { requests: 0, sentBytes: 0, receivedBytes: 0 }
  readonly #base: string
  readonly #prefix: string
  readonly #client: AwsClient
  readonly #clock: Clock
  readonly #transport: Transport

  constructor(location: S3Location, clock: Clock, transport: Transport = systemTransport) {
    const { bucket, prefix = '', endpoint, region = 'us-east-1', accessKeyId, secretAccessKey, sessionToken } = location
    // A bucket's name in the host needs a name server that knows it, which small stores do not have.
    const host = endpoint?.replace(/\/+$/, '')
    this.#base = host === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${host}/${bucket}`
    this.#prefix = prefix === '' ? '' : `${prefix.replace(/^\/+|\/+$/g, '')}/`
    this.place = `s3://${bucket}/${this.#prefix}`.replace(/\/$/, '')
    this.#client = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
    })
    this.#clock = clock
    this.#transport = transport
  }

  async get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    const headers = range ? { Range: rangeHeader(range) } : {}
    const action: Action = { method: 'GET', key, headers, verb: 'read', ...(range && { range }) }
    const answer = await this.#send(action)
    // A store without the bucket, or a proxy, has none of the objects, and that is no answer to go on with.
    if (answer.status === 404 && readError(answer.body)?.code === 'NoSuchKey') return undefined
    if (answer.status === 416) throw new TidemarkError('truncated', `${this.#what(action)} ends before the range`)
    if (answer.status !== 200 && answer.status !== 206) throw this.#refused(action, answer)
    return { bytes: partOf(answer, range, this.#what(action)), etag: answer.headers.get('ETag') ?? '' }
  }

  async put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    if (bytes.length > PART_BYTES) return this.#putInParts(key, bytes, condition)
    const action: Action = { method: 'PUT', key, headers: headersOf(condition), body: bytes, verb: 'write' }
    const answer = await this.#send(action)
    if (answer.status === 200) return this.#etagOf(action, answer)
    if (!isUnmet(answer, condition)) throw this.#refused(action, answer)
    return answer.attempts > 1 ? this.#etagOfSame(key, bytes) : undefined
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    let next: string | undefined
    for (let pages = 1; ; pages++) {
      const query = { 'list-type': '2', prefix: this.#prefix + prefix, ...(next && { 'continuation-token': next }) }
      const action: Action = { method: 'GET', key: '', query, verb: 'list' }
      const answer = await this.#send(action)
      if (answer.status !== 200) throw this.#refused(action, answer)
      const page = readListPage(answer.body, this.#what(action))
      for (const { key, bytes } of page.objects) {
        if (!key.startsWith(query.prefix)) throw this.#unfit(action, `'${key}' does not begin with '${query.prefix}'`)
        yield { key: key.slice(this.#prefix.length), bytes }
      }
      if (page.next === undefined) return
      if (page.next === next) throw this.#unfit(action, 'a page is followed by itself')
      if (pages === MAX_PAGES) throw this.#unfit(action, `the listing has more than ${MAX_PAGES} pages`)
      next = page.next
    }
  }

  async delete(key: string): Promise<void> {
    const action: Action = { method: 'DELETE', key, verb: 'remove' }
    const answer = await this.#send(action)
    if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404) throw this.#refused(action, answer)
  }

  async #putInParts(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    const parts = Math.ceil(bytes.length / PART_BYTES)
    if (parts > MAX_PARTS) {
      throw new TidemarkError('quota', `object '${key}' has ${bytes.length} bytes, more than ${MAX_PARTS} parts hold`)
    }
    const begin: Action = { method: 'POST', key, query: { uploads: '' }, verb: 'write' }
    const begun = await this.#send(begin)
    if (begun.status !== 200) throw this.#refused(begin, begun)
    const uploadId = readUploadId(begun.body, this.#what(begin))
    try {
      const etags: string[] = []
      for (let part = 1; part <= parts; part++) etags.push(await this.#putPart(key, bytes, { part, uploadId }))
      return await this.#finishParts(key, bytes, { uploadId, etags, condition })
    } catch (error) {
      // What is left of it costs money until it is removed; the error that led here is the one to tell.
      await this.#send({ method: 'DELETE', key, query: { uploadId }, verb: 'give up' }).catch(() => undefined)
      throw error
    }
  }

  async #putPart(key: string, bytes: Uint8Array, upload: { part: number; uploadId: string }): Promise<string> {
    const { part, uploadId } = upload
    const body = bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES)
    const action: Action = { method: 'PUT', key, query: { partNumber: String(part), uploadId }, body, verb: 'write' }
    const answer = await this.#send(action)
    if (answer.status !== 200) throw this.#refused(action, answer)
    return this.#etagOf(action, answer)
  }

  async #finishParts(
    key: string,
    bytes: Uint8Array,
    upload: { uploadId: string; etags: readonly string[]; condition: PutCondition | undefined },
  ): Promise<string | undefined> {
    const { uploadId, etags, condition } = upload
    const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`)
    const body = new TextEncoder().encode(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)
    const headers = headersOf(condition)
    const action: Action = { method: 'POST', key, query: { uploadId }, headers, body, verb: 'write' }
    const answer = await this.#send(action)
    if (isUnmet(answer, condition)) {
      await this.#send({ method: 'DELETE', key, query: { uploadId }, verb: 'give up' })
      return answer.attempts > 1 ? this.#etagOfSame(key, bytes) : undefined
    }
    // S3 begins to answer 200 before it knows how it ends.
    const isDone = answer.status === 200 && readError(answer.body) === undefined
    if (isDone) return readUploadEtag(answer.body, this.#what(action))
    // An attempt whose answer was lost has ended the upload, and the next one finds none.
    const etag = answer.attempts > 1 ? await this.#etagOfSame(key, bytes) : undefined
    if (etag === undefined) throw this.#refused(action, answer)
    return etag
  }

  /** The etag of an object that has these bytes: an attempt whose answer was lost has put it. */
  async #etagOfSame(key: string, bytes: Uint8Array): Promise<string | undefined> {
    const stored = await this.get(key)
    const isSame = stored?.bytes.length === bytes.length && stored.bytes.every((byte, i) => byte === bytes[i])
    return isSame ? stored.etag : undefined
  }

  async #send(action: Action): Promise<Answer> {
    const { method, key, query, headers, body } = action
    const url = new URL(`${this.#base}/${key === '' ? '' : encodeKey(this.#prefix + key)}`)
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
    const content = body && new Uint8Array(body)
    const hash = await sha256Hex(content ?? new Uint8Array())
    return exchange(
      {
        makeRequest: (signal) =>
          this.#client.sign(url, {
            method,
            signal,
            headers: { ...headers, 'X-Amz-Content-Sha256': hash },
            ...(content && { body: content }),
            aws: { datetime: this.#datetime() },
          }),
        sentBytes: content?.length ?? 0,
        what: this.#what(action),
        ...(method === 'GET' && key !== '' ? { range: action.range } : { maxBytes: MAX_XML_BYTES }),
      },
      { transport: this.#transport, traffic: this.traffic },
    )
  }

  /** `20261122T101500Z`. */
  #datetime(): string {
    const ms = Number(this.#clock.now() / 1_000_000n)
    return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '')
  }

  #what({ verb, key }: Action): string {
    return key === '' ? `${verb} ${this.place}` : `${verb} ${this.place}/${key}`
  }

  #refused(action: Action, answer: Answer): TidemarkError {
    const { status } = answer
    const error = readError(answer.body)
    const reason = error ? `${error.code}: ${error.message}` : `the store answers ${status}${quoted(answer.body)}`
    const kind = status === 401 || status === 403 ? 'auth' : 'io'
    return new TidemarkError(kind, `cannot ${this.#what(action)}: ${reason}`)
  }

  /** Every store tells it of what it has taken: an answer without it is somebody else's. */
  #etagOf(action: Action, { headers }: Answer): string {
    const etag = headers.get('ETag')
    if (!etag) throw this.#unfit(action, 'it has no ETag')
    return etag
  }

  #unfit(action: Action, reason: string): TidemarkError {
    return new TidemarkError('io', `cannot ${this.#what(action)}: the answer is not one of S3: ${reason}`)
  }
}

function headersOf(condition: PutCondition | undefined): Record<string, string> {
  if (condition === undefined) return {}
  return condition === 'absent' ? { 'If-None-Match': '*' } : { 'If-Match': condition.ifMatch }
}

/** Whether a conditional put was not made: 412, 409 where another one was under way, 404 where nothing is there to match. */
function isUnmet({ status }: Answer, condition: PutCondition | undefined): boolean {
  if (condition === undefined) return false
  return status === 412 || status === 409 || (status === 404 && condition !== 'absent')
}

/** As Signature Version 4 wants it: everything but unreserved characters and the slash as percents. */
function encodeKey(key: string): string {
  const encoded = key.split('/').map(encodeURIComponent).join('/')
  return encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

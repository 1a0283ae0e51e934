import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ObjectInfo } from '../../engine/cold/object-store.ts'
import { exchange, MAX_ERROR_BYTES, type Transport } from '../../engine/cold/request.ts'
import { MAX_PAGES, MAX_XML_BYTES, PART_BYTES, S3Objects } from '../../engine/cold/s3-objects.ts'
import { type ListPage, readError, readListPage, readUploadEtag, readUploadId } from '../../engine/cold/s3-xml.ts'
import { systemClock } from '../../engine/core/clock.ts'
import { TidemarkError } from '../../engine/core/errors.ts'

const HTML = '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>'
const utf8 = new TextEncoder()

function escaped(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c,
  )
}

/** As Amazon's documentation shows an answer of ListObjectsV2. */
function listing({ objects, next }: ListPage): Uint8Array<ArrayBuffer> {
  const contents = objects.map(
    ({ key, bytes }) =>
      `<Contents><Key>${escaped(key)}</Key><LastModified>2026-10-12T17:50:30.000Z</LastModified>` +
      `<ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>${bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  )
  const token = next === undefined ? '' : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`
  return utf8.encode(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<Name>tide</Name><Prefix></Prefix><KeyCount>${objects.length}</KeyCount><MaxKeys>1000</MaxKeys>` +
      `<IsTruncated>${next !== undefined}</IsTruncated>${token}${contents.join('')}</ListBucketResult>\n`,
  )
}

const UPLOAD = utf8.encode(
  `<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<Bucket>tide</Bucket><Key>big</Key><UploadId>VXBsb2FkIElE&amp;8</UploadId></InitiateMultipartUploadResult>`,
)
const DONE = utf8.encode(
  `<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<Location>http://127.0.0.1/tide/big</Location><Key>big</Key><ETag>"3858f62230ac3c915f300c664312c11f-9"</ETag></CompleteMultipartUploadResult>`,
)
const ERROR = utf8.encode(
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The key does not exist</Message><Resource>/a</Resource></Error>`,
)

function outcome<T>(read: () => T): T | TidemarkError {
  try {
    return read()
  } catch (error) {
    if (error instanceof TidemarkError) return error
    throw error
  }
}

function eachCut(bytes: Uint8Array, visit: (cut: Uint8Array) => void): void {
  for (let end = 0; end < bytes.length; end++) visit(bytes.subarray(0, end))
}

function eachFlip(bytes: Uint8Array, visit: (flipped: Uint8Array) => void): void {
  const flipped = bytes.slice()
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const mask = 1 << (bit & 7)
    flipped[bit >> 3] = mask ^ (flipped[bit >> 3] ?? 0)
    visit(flipped)
    flipped[bit >> 3] = mask ^ (flipped[bit >> 3] ?? 0)
  }
}

const anyKey = fc.string({ unit: fc.constantFrom(...'abc/=8-.&<>"\'é€ '), minLength: 1, maxLength: 12 })
const anyPage = fc.record({
  objects: fc.array(fc.record({ key: anyKey, bytes: fc.nat(1e12) }), { maxLength: 3 }),
  next: fc.option(anyKey, { nil: undefined }),
})

describe('answers of S3 in XML', () => {
  test('say what they say, whatever is in the keys', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        expect(readListPage(listing(page), 'list')).toEqual(page)
      }),
      { seed: 20_261_123 },
    )
    expect(readUploadId(UPLOAD, 'write')).toBe('VXBsb2FkIElE&8')
    expect(readUploadEtag(DONE, 'write')).toBe('"3858f62230ac3c915f300c664312c11f-9"')
    expect(readError(ERROR)).toEqual({ code: 'NoSuchKey', message: 'The key does not exist' })
  })

  test('that are cut at any byte are errors of kind io which say what was asked and where it ends', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const whole = listing(page)
        eachCut(whole.subarray(0, -1), (cut) => {
          const found = outcome(() => readListPage(cut, 'list s3://tide'))
          expect(found).toMatchObject({
            kind: 'io',
            message: expect.stringMatching(/^cannot list s3:\/\/tide: the answer is not/),
          })
        })
      }),
      { numRuns: 30, seed: 20_261_123 },
    )
    eachCut(UPLOAD, (cut) => expect(outcome(() => readUploadId(cut, 'write'))).toBeInstanceOf(TidemarkError))
    eachCut(DONE, (cut) => expect(outcome(() => readUploadEtag(cut, 'write'))).toBeInstanceOf(TidemarkError))
    eachCut(ERROR, (cut) => expect(readError(cut)).toBeUndefined())
  })

  test('with any bit flipped are errors, or differ in one text: no object comes or goes, no listing ends early', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        eachFlip(listing(page), (flipped) => {
          const found = outcome(() => readListPage(flipped, 'list'))
          if (found instanceof TidemarkError) return
          const texts = ({ objects, next }: ListPage): unknown[] => [
            next,
            ...objects.flatMap(({ key, bytes }: ObjectInfo) => [key, bytes]),
          ]
          const [before, after] = [texts(page), texts(found)]
          expect(after.length).toBe(before.length)
          expect(after.filter((text, i) => text !== before[i]).length).toBeLessThanOrEqual(1)
          expect(found.next === undefined).toBe(page.next === undefined)
        })
      }),
      { numRuns: 12, seed: 20_261_123 },
    )
    for (const [bytes, read] of [
      [UPLOAD, readUploadId],
      [DONE, readUploadEtag],
    ] as const) {
      eachFlip(bytes, (flipped) => expect(outcome(() => read(flipped, 'write'))).toBeTruthy())
    }
    eachFlip(ERROR, (flipped) => expect(['string', 'undefined']).toContain(typeof readError(flipped)?.code))
  })

  test('that are of anything else are errors', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const read of [readListPage, readUploadId, readUploadEtag]) {
          expect(outcome(() => read(bytes, 'ask'))).toMatchObject({ kind: 'io' })
        }
        expect(readError(bytes)).toBeUndefined()
      }),
      { seed: 20_261_123 },
    )
    for (const body of [HTML, '{}', '<html></html>', '<ListBucketResult/>', new TextDecoder().decode(ERROR)]) {
      expect(outcome(() => readListPage(utf8.encode(body), 'list'))).toMatchObject({ kind: 'io' })
      expect(outcome(() => readUploadId(utf8.encode(body), 'write'))).toMatchObject({ kind: 'io' })
    }
  })
})

/** A store that answers with the responses of a test. */
function answering(respond: (request: Request) => Response | Promise<Response>): {
  store: S3Objects
  asked: Request[]
} {
  const asked: Request[] = []
  const transport: Transport = {
    fetch: async (request) => {
      asked.push(request)
      return respond(request)
    },
    wait: async () => undefined,
  }
  const location = {
    bucket: 'tide',
    prefix: 'p',
    endpoint: 'http://127.0.0.1:1',
    accessKeyId: 'k',
    secretAccessKey: 's',
  }
  return { store: new S3Objects(location, systemClock, transport), asked }
}

async function listed(store: S3Objects): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = []
  for await (const object of store.list('')) all.push(object)
  return all
}

/** A body that does not end; `cancelled` tells whether it was given up. */
function endless(): { body: ReadableStream<Uint8Array>; state: { sent: number; cancelled: boolean } } {
  const state = { sent: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      state.sent += 1 << 16
      controller.enqueue(new Uint8Array(1 << 16).fill(0x20))
    },
    cancel: () => {
      state.cancelled = true
    },
  })
  return { body, state }
}

describe('a place that answers what nobody asked', () => {
  test('a page of a proxy is no object, no listing, nothing written: the error quotes it', async () => {
    for (const status of [200, 404, 403, 502]) {
      const { store } = answering(() => new Response(HTML, { status }))
      const message = status === 200 ? /not one of S3/ : /<!DOCTYPE html>/
      await expect(listed(store), `${status}`).rejects.toMatchObject({ message: expect.stringMatching(message) })
      await expect(store.put('a', new Uint8Array(1)), `${status}`).rejects.toMatchObject({
        message: expect.stringMatching(status === 200 ? /no ETag/ : message),
      })
      await expect(store.put('a', new Uint8Array(PART_BYTES + 1)), `${status}`).rejects.toMatchObject({
        message: expect.stringMatching(message),
      })
      if (status !== 200) await expect(store.get('a'), `${status}`).rejects.toThrow(message)
    }
  })

  test('an object is not there only where the store says so itself', async () => {
    const { store } = answering(() => new Response(ERROR, { status: 404 }))
    expect(await store.get('a')).toBeUndefined()
    for (const body of ['', ERROR.subarray(0, -1)]) {
      await expect(answering(() => new Response(body, { status: 404 })).store.get('a')).rejects.toMatchObject({
        kind: 'io',
      })
    }
  })

  test('a body without end is given up at its limit, whatever was asked', async () => {
    const asks: [number, number, (store: S3Objects) => Promise<unknown>][] = [
      [200, MAX_XML_BYTES, listed],
      [200, MAX_XML_BYTES, (store) => store.put('a', new Uint8Array(1))],
      [206, 1000, (store) => store.get('a', { start: 0, end: 1000 })],
      [206, 1000, (store) => store.get('a', { last: 1000 })],
      [403, MAX_ERROR_BYTES, (store) => store.get('a')],
    ]
    for (const [status, limit, ask] of asks) {
      const { body, state } = endless()
      const { store } = answering(() => new Response(body, { status }))
      await expect(ask(store)).rejects.toBeInstanceOf(TidemarkError)
      expect(state.cancelled).toBe(true)
      expect(state.sent).toBeLessThanOrEqual(limit + 4 * (1 << 16))
    }
  })

  test('a body as long as it may be is taken, and one byte more is an error of kind io', async () => {
    const ask = (bytes: number) =>
      exchange(
        {
          makeRequest: async (signal) => new Request('http://127.0.0.1:1', { signal }),
          sentBytes: 0,
          what: 'read it',
          maxBytes: 1000,
        },
        {
          transport: { fetch: async () => new Response(new Uint8Array(bytes).fill(7)), wait: async () => undefined },
          traffic: { requests: 0, sentBytes: 0, receivedBytes: 0 },
        },
      )
    expect((await ask(1000)).body).toEqual(new Uint8Array(1000).fill(7))
    await expect(ask(1001)).rejects.toMatchObject({
      kind: 'io',
      message: 'cannot read it: the answer has more than 1000 bytes',
    })
  })

  test('a listing that leads to itself, to other keys or nowhere ends with an error', async () => {
    const page = (next: string, key = 'p/a') => new Response(listing({ objects: [{ key, bytes: 1 }], next }))
    await expect(listed(answering(() => page('again')).store)).rejects.toThrow('a page is followed by itself')
    await expect(listed(answering(() => page('b', 'q/a')).store)).rejects.toThrow("'q/a' does not begin with 'p/'")
    let pages = 0
    const many = answering(() => page(`${++pages}`))
    await expect(listed(many.store)).rejects.toThrow(`more than ${MAX_PAGES} pages`)
    expect(many.asked.length).toBe(MAX_PAGES)
    pages = 0
    const all = answering(() =>
      ++pages < MAX_PAGES ? page(`${pages}`) : new Response(listing({ objects: [], next: undefined })),
    )
    expect(await listed(all.store)).toHaveLength(MAX_PAGES - 1)
  })

  test('an upload of which the end is damaged is given up and is an error', async () => {
    for (const body of [
      DONE.subarray(0, -3),
      utf8.encode(HTML),
      utf8.encode('<Error><Code>InternalError</Code></Error>'),
    ]) {
      const { store, asked } = answering(({ method, url }) => {
        if (method === 'DELETE') return new Response(null, { status: 204 })
        if (method === 'PUT') return new Response(null, { headers: { ETag: '"e"' } })
        return new Response(new URL(url).searchParams.has('uploads') ? UPLOAD : body)
      })
      await expect(store.put('big', new Uint8Array(PART_BYTES + 1))).rejects.toMatchObject({ kind: 'io' })
      expect(asked[asked.length - 1]?.method).toBe('DELETE')
      expect(new URL(asked[asked.length - 1]?.url ?? '').searchParams.get('uploadId')).toBe('VXBsb2FkIElE&8')
    }
  })
})

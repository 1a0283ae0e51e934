import { TidemarkError } from '../core/errors.ts'
import type { ByteRange, ObjectReader, StoredObject, Traffic } from './object-store.ts'
import { exchange, partOf, quoted, rangeHeader, systemTransport, type Transport } from './request.ts'

/** A published folder: objects below an address, read by plain HTTP. */
export class HttpObjects implements ObjectReader {
  readonly place: string
  readonly traffic: Traffic = { requests: 0, sentBytes: 0, receivedBytes: 0 }
  readonly #base: string
  readonly #transport: Transport

  /** `base` is the folder's address, with or without a slash at its end. */
  constructor(base: string, transport: Transport = systemTransport) {
    this.#base = base.endsWith('/') ? base : `${base}/`
    this.place = this.#base
    this.#transport = transport
  }

  async get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    const url = this.#base + encodeURI(key)
    const what = `read ${url}`
    const headers = range ? { Range: rangeHeader(range) } : undefined
    const answer = await exchange(
      {
        makeRequest: async (signal) => new Request(url, { signal, ...(headers && { headers }) }),
        sentBytes: 0,
        what,
        range,
      },
      { transport: this.#transport, traffic: this.traffic },
    )
    if (answer.status === 404 || answer.status === 410) return undefined
    if (answer.status === 416) throw new TidemarkError('truncated', `cannot ${what}: it ends before the range`)
    if (answer.status === 401 || answer.status === 403) {
      throw new TidemarkError('auth', `cannot ${what}: the server answers ${answer.status}`)
    }
    if (answer.status !== 200 && answer.status !== 206) {
      throw new TidemarkError('io', `cannot ${what}: the server answers ${answer.status}${quoted(answer.body)}`)
    }
    return { bytes: partOf(answer, range, what), etag: answer.headers.get('ETag') ?? '' }
  }
}

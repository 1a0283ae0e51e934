import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { ObjectReader, ObjectStore } from './object-store.ts'

/** Where the cold tier is. Plain data, since it is opened inside workers. */
export type ColdLocation =
  /** A bucket of an S3-compatible store; read and written. */
  | {
      kind: 's3'
      bucket: string
      /** Keys begin with it. One store writes below a prefix. Default none. */
      prefix?: string
      /** Address of a store that is not Amazon's, as `http://127.0.0.1:9000`. */
      endpoint?: string
      /** Default `us-east-1`. */
      region?: string
      accessKeyId: string
      secretAccessKey: string
      sessionToken?: string
    }
  /** A published folder, read by plain HTTP. In a page `base` may be relative to it. */
  | { kind: 'http'; base: string }

export interface ColdObjects {
  reader: ObjectReader
  /** Absent where the place cannot be written. */
  store: ObjectStore | undefined
}

/** Opens a place; nothing is asked of it yet. Of one that is closed every question is an error of kind `io`. */
export async function openObjects(location: ColdLocation | { kind: 'closed' }, clock: Clock): Promise<ColdObjects> {
  if (location.kind === 'closed') return { reader: CLOSED, store: undefined }
  if (location.kind === 'http') {
    const { HttpObjects } = await import('./http-objects.ts')
    return { reader: new HttpObjects(location.base), store: undefined }
  }
  const { S3Objects } = await import('./s3-objects.ts')
  const store = new S3Objects(location, clock)
  return { reader: store, store }
}

const CLOSED: ObjectReader = {
  place: 'the cold tier',
  traffic: { requests: 0, sentBytes: 0, receivedBytes: 0 },
  get: async () => {
    throw new TidemarkError('io', 'rows of this store are in a cold tier, and it was opened without one', {
      hint: 'Open it with the place that it was opened with before.',
    })
  },
}

/** The location with an address that holds in workers too. Throws `invalid` where something is missing or wrong. */
export function checkLocation(location: ColdLocation): ColdLocation {
  if (location.kind === 'http') return { kind: 'http', base: address(location.base, globalThis.location?.href, 'base') }
  if (location.kind !== 's3') throw invalid("the cold tier's kind is not known, expected 's3' or 'http'")
  const { bucket, accessKeyId, secretAccessKey, endpoint } = location
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw invalid(`'${bucket}' is not the name of a bucket`)
  if (accessKeyId === '' || secretAccessKey === '') throw invalid('the cold tier needs an access key and its secret')
  return endpoint === undefined ? location : { ...location, endpoint: address(endpoint, undefined, 'endpoint') }
}

function address(text: string, base: string | undefined, what: string): string {
  if (!URL.canParse(text, base)) throw invalid(`the ${what} of the cold tier, '${text}', is not an address`)
  const url = new URL(text, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`the ${what} of the cold tier, '${text}', is not of http or https`)
  }
  return url.href
}

function invalid(message: string): TidemarkError {
  return new TidemarkError('invalid', message)
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface SignedRequest {
  method: string
  /** As it stood in the request line. */
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  region: string
}

/** What is wrong with a request's signature as code and message, `undefined` where nothing is. Written from Amazon's drawing of Signature Version 4. */
export function signatureProblem(request: SignedRequest, credentials: Credentials): [string, string] | undefined {
  const { headers, body } = request
  const given = parseAuthorization(headers.authorization ?? '')
  if (given === undefined) return ['AccessDenied', 'the request is not signed with AWS4-HMAC-SHA256']
  const datetime = String(headers['x-amz-date'] ?? '')
  if (!/^\d{8}T\d{6}Z$/.test(datetime)) return ['AccessDenied', 'x-amz-date is missing']
  const scope = `${datetime.slice(0, 8)}/${credentials.region}/s3/aws4_request`
  if (given.accessKeyId !== credentials.accessKeyId) return ['InvalidAccessKeyId', 'the access key is not known']
  if (given.scope !== scope) return ['SignatureDoesNotMatch', `the scope is ${given.scope}, expected ${scope}`]
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const unsigned = mustBeSigned.find((name) => !given.signedHeaders.includes(name))
  if (unsigned !== undefined) return ['AccessDenied', `header ${unsigned} is not signed`]
  const payloadHash = String(headers['x-amz-content-sha256'] ?? '')
  if (payloadHash !== sha256(body)) return ['XAmzContentSHA256Mismatch', 'the content does not have its hash']
  const toSign = ['AWS4-HMAC-SHA256', datetime, scope, sha256(canonicalRequest(request, given.signedHeaders))].join(
    '\n',
  )
  const expected = hmac(signingKey(credentials, datetime.slice(0, 8)), toSign)
  const signature = Buffer.from(given.signature, 'hex')
  if (signature.length === expected.length && timingSafeEqual(signature, expected)) return undefined
  return ['SignatureDoesNotMatch', 'the signature is another one']
}

function parseAuthorization(header: string) {
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, accessKeyId, scope, signedHeaders, signature] = pattern.exec(header) ?? []
  if (accessKeyId === undefined || scope === undefined || signedHeaders === undefined || signature === undefined)
    return undefined
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature }
}

function canonicalRequest({ method, target, headers }: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const canonicalPath = path
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/')
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split(/=(.*)/s))
  const canonicalQuery = pairs
    .map(([name = '', value = '']) => [encode(decodeQuery(name)), encode(decodeQuery(value))] as const)
    .sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const canonicalHeaders = signedHeaders.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  )
  return [
    method,
    canonicalPath,
    canonicalQuery,
    canonicalHeaders.join(''),
    signedHeaders.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n')
}

function decodeQuery(text: string): string {
  return decodeURIComponent(text.replace(/\+/g, ' '))
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function signingKey({ secretAccessKey, region }: Credentials, date: string): Buffer {
  return [date, region, 's3', 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

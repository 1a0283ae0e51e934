import type { Checksum } from './store.ts'

/** What stands before and after the bytes that the checksum is of; together they are JSON. */
const HEAD = /^\{"checksum":"([0-9a-f]{8})","manifest":/
const HEAD_BYTES = 34
const TAIL = '}'

/** A value as JSON with its checksum. Maps become lists of entries, since a table may be called __proto__; bigints are texts. */
export function encodeCheckedJson(value: unknown, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (inner instanceof Map) return [...inner]
    return typeof inner === 'bigint' ? inner.toString() : inner
  })
  const sum = hex(checksum(new TextEncoder().encode(text)))
  return new TextEncoder().encode(`{"checksum":"${sum}","manifest":${text}${TAIL}`)
}

/**
 * The value that was encoded. Throws `Error` where the bytes do not have their form or their checksum: a flipped digit would else
 * name what is not there.
 */
export function decodeCheckedJson(bytes: Uint8Array, checksum: Checksum): unknown {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const [, sum] = HEAD.exec(utf8.decode(bytes.subarray(0, HEAD_BYTES))) ?? []
  const body = bytes.subarray(HEAD_BYTES, bytes.length - TAIL.length)
  const tail = utf8.decode(bytes.subarray(HEAD_BYTES + body.length))
  if (sum === undefined || tail !== TAIL) throw new Error('it does not have the form of one')
  if (hex(checksum(body)) !== sum) throw new Error('it does not have its checksum')
  return JSON.parse(utf8.decode(body))
}

function hex(sum: number): string {
  return (sum >>> 0).toString(16).padStart(8, '0')
}

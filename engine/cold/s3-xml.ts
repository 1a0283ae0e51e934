import { TidemarkError } from '../core/errors.ts'
import type { ObjectInfo } from './object-store.ts'
import { childOf, readXml, textIn, type XmlElement } from './xml-reader.ts'

/** A page of a listing, and where the next one starts. */
export interface ListPage {
  objects: ObjectInfo[]
  next: string | undefined
}

/** Reads an answer of ListObjectsV2. `what` is what was asked, for messages. Throws `io` where it is not a whole one. */
export function readListPage(body: Uint8Array, what: string): ListPage {
  return reading(body, what, (root) => {
    if (root.name !== 'ListBucketResult') throw new Error(`<${root.name}> is no listing`)
    const isCut = textIn(root, 'IsTruncated')
    if (isCut !== 'true' && isCut !== 'false') throw new Error(`IsTruncated is '${isCut}'`)
    const next = isCut === 'true' ? textIn(root, 'NextContinuationToken') : undefined
    if (next === '') throw new Error('NextContinuationToken is empty')
    const objects = root.children.filter(({ name }) => name === 'Contents').map(readObject)
    return { objects, next }
  })
}

function readObject(contents: XmlElement): ObjectInfo {
  const key = textIn(contents, 'Key')
  const size = textIn(contents, 'Size')
  if (!/^\d{1,15}$/.test(size)) throw new Error(`the size of '${key}' is '${size}'`)
  return { key, bytes: Number(size) }
}

/** The id of an upload that was begun. Throws `io` where the answer does not tell. */
export function readUploadId(body: Uint8Array, what: string): string {
  return reading(body, what, (root) => resultText(root, 'InitiateMultipartUploadResult', 'UploadId'))
}

/** The etag of an upload that was ended. Throws `io` where the answer does not tell. */
export function readUploadEtag(body: Uint8Array, what: string): string {
  return reading(body, what, (root) => resultText(root, 'CompleteMultipartUploadResult', 'ETag'))
}

function resultText(root: XmlElement, name: string, wanted: string): string {
  const text = root.name === name ? textIn(root, wanted) : ''
  if (text === '') throw new Error(`<${root.name}> has no ${wanted}`)
  return text
}

/** Code and message of an answer that is an error of S3, whole; `undefined` where it is something else, as a proxy's page. */
export function readError(body: Uint8Array): { code: string; message: string } | undefined {
  try {
    const root = readXml(decode(body))
    if (root.name !== 'Error') return undefined
    return { code: textIn(root, 'Code'), message: childOf(root, 'Message')?.text ?? '' }
  } catch {
    // That it is none is the answer.
    return undefined
  }
}

function reading<T>(body: Uint8Array, what: string, read: (root: XmlElement) => T): T {
  try {
    return read(readXml(decode(body)))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('io', `cannot ${what}: the answer is not one of S3: ${reason}`, { cause })
  }
}

function decode(body: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(body)
}

import type { ObjectInfo } from './object-store.ts'

/** A page of a listing, and where the next one starts. */
export interface ListPage {
  objects: ObjectInfo[]
  next: string | undefined
}

/** Reads an answer of ListObjectsV2. The answers of S3 are flat, and nothing in them is nested in its like. */
export function readListPage(xml: string): ListPage {
  const objects = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, content = '']) => ({
    key: textOf(content, 'Key') ?? '',
    bytes: Number(textOf(content, 'Size') ?? 0),
  }))
  const isCut = textOf(xml, 'IsTruncated') === 'true'
  return { objects, next: isCut ? textOf(xml, 'NextContinuationToken') : undefined }
}

/** Code and message of an answer that is an error, wherever it stands; `undefined` where it is none. */
export function readError(xml: string): { code: string; message: string } | undefined {
  const [, content] = /<Error>([\s\S]*?)<\/Error>/.exec(xml) ?? []
  if (content === undefined) return undefined
  return { code: textOf(content, 'Code') ?? 'unknown', message: textOf(content, 'Message') ?? '' }
}

/** The text of the first element of a name. */
export function textOf(xml: string, element: string): string | undefined {
  const [, text] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? []
  return text === undefined ? undefined : unescapeXml(text)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

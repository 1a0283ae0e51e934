/** An element with the text that is in it itself, and its children. */
export interface XmlElement {
  name: string
  text: string
  children: readonly XmlElement[]
}

/** Elements of one document, and how deep they may lie: a page of a listing has 13,000, three deep. */
export const MAX_ELEMENTS = 50_000
export const MAX_DEPTH = 16

interface OpenElement extends XmlElement {
  children: XmlElement[]
}

/** Each alternative of it moves on by at least a character, so that it takes time in the length of the tag. */
const TAG = /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const PROLOG = /^\s*(?:<\?xml[^>]*\?>)?\s*/

/**
 * Reads XML as far as stores write it: elements, attributes (which are left out), text, and the entities that XML has by itself.
 * Whatever is cut is an error, and so is a name with a letter changed, since it stands in two tags. Throws `Error` that says
 * at which character.
 */
export function readXml(xml: string): XmlElement {
  const open: OpenElement[] = []
  let elements = 0
  let [{ length: at }] = PROLOG.exec(xml) ?? ['']
  for (;;) {
    const top = open[open.length - 1]
    const next = xml.indexOf('<', at)
    if (next < 0) throw problem(xml.length, top ? `it ends within <${top.name}>` : 'it has no element')
    const text = unescapeXml(xml.slice(at, next), at)
    if (top) top.text += text
    else if (text !== '') throw problem(at, 'text is before the first element')
    TAG.lastIndex = next
    const [tag = '', slash, name = '', attributes, isEmpty] = TAG.exec(xml) ?? []
    if (tag === '') throw problem(next, 'no tag of XML begins')
    at = next + tag.length
    if (slash === '') {
      if (++elements > MAX_ELEMENTS) throw problem(next, `it has more than ${MAX_ELEMENTS} elements`)
      if (open.length === MAX_DEPTH) throw problem(next, `elements lie more than ${MAX_DEPTH} deep`)
      const element: OpenElement = { name, text: '', children: [] }
      top?.children.push(element)
      open.push(element)
      if (isEmpty === '') continue
    } else if (name !== top?.name || attributes !== '' || isEmpty !== '') {
      throw problem(next, `${tag.slice(0, 100)} closes nothing`)
    }
    const closed = open.pop()
    if (closed === undefined || open.length > 0) continue
    if (xml.slice(at).trim() !== '') throw problem(at, 'something follows the last tag')
    return closed
  }
}

/** The only child of a name; `undefined` where there is none. Throws `Error` where there are several. */
export function childOf({ name, children }: XmlElement, wanted: string): XmlElement | undefined {
  const [child, other] = children.filter((each) => each.name === wanted)
  if (other) throw new Error(`<${name}> has <${wanted}> twice`)
  return child
}

/** Its text. Throws `Error` where it is not there, or has elements in it. */
export function textIn(element: XmlElement, wanted: string): string {
  const child = childOf(element, wanted)
  if (child === undefined || child.children.length > 0) throw new Error(`<${element.name}> has no text <${wanted}>`)
  return child.text
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string, at: number): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6});|#(\d{1,7});|([a-z]{2,4});)?/gi, (whole, hex, decimal, name, offset) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
    const character = name === undefined ? fromCode(code) : ENTITIES[String(name)]
    if (character === undefined) throw problem(at + Number(offset), `${whole} is no entity`)
    return character
  })
}

function fromCode(code: number): string | undefined {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code > 0 && code <= 0x10ffff && !isSurrogate ? String.fromCodePoint(code) : undefined
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function problem(at: number, reason: string): Error {
  return new Error(`at character ${at}, ${reason}`)
}

import { valueAt } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import { byValue, byValues, ValueColumn } from './by-value.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

/** Longest text that a function makes, in UTF-16 code units. */
export const MAX_MADE_TEXT: number = 1024 * 1024

/** Refuses a text before it is made. */
export function limitText(length: number): void {
  if (length <= MAX_MADE_TEXT) return
  throw new TidemarkError('quota', `a text of ${length} characters exceeds ${MAX_MADE_TEXT}`)
}

/** The characters of a text; positions and lengths count code points. */
const charactersOf = (text: string): string[] => [...text]

/** A whole number of characters: beyond this every count means "all". */
const toCount = (count: bigint): number => Number(count)

function reversed(text: string): string {
  return charactersOf(text).reverse().join('')
}

/** The first `count` characters, or all but the last `-count`. */
function left(text: string, count: bigint): string {
  return charactersOf(text).slice(0, toCount(count)).join('')
}

/** The last `count` characters, or all but the first `-count`. */
function right(text: string, count: bigint): string {
  const characters = charactersOf(text)
  const from = count < 0n ? -toCount(count) : characters.length - toCount(count)
  return characters.slice(Math.max(0, from)).join('')
}

/** From a place counted from 1, or from the end where it is negative; places before the text count. */
function substring(text: string, start: bigint, count?: bigint): string {
  const characters = charactersOf(text)
  const first = start < 0n ? characters.length + toCount(start) : toCount(start) - 1
  const end = count === undefined ? characters.length : first + Math.max(0, toCount(count))
  return characters.slice(Math.max(0, first), Math.max(0, end)).join('')
}

/** Counted from 1, in code points; 0 where it does not occur. */
function position(text: string, part: string): bigint {
  const at = text.indexOf(part)
  return at < 0 ? 0n : BigInt(charactersOf(text.slice(0, at)).length) + 1n
}

/** The n-th part between separators, from the end where n is negative; an empty separator parts nothing. */
function splitPart(text: string, separator: string, n: bigint): string {
  const parts = separator === '' ? [text] : text.split(separator)
  return parts.at(n > 0n ? toCount(n) - 1 : toCount(n)) ?? ''
}

function replaceAll(text: string, from: string, to: string): string {
  if (from === '') return text
  const parts = text.split(from)
  limitText(text.length + (parts.length - 1) * (to.length - from.length))
  return parts.join(to)
}

function repeat(text: string, count: bigint): string {
  const times = Math.max(0, toCount(count))
  limitText(text.length * times)
  return text.repeat(text === '' ? 0 : times)
}

/** A text of exactly `length` characters: cut at its end, or filled up at one side. */
function pad(text: string, length: bigint, filling: string, side: 'left' | 'right'): string {
  const wanted = Math.max(0, toCount(length))
  limitText(wanted)
  const characters = charactersOf(text)
  if (characters.length >= wanted) return characters.slice(0, wanted).join('')
  const fill = charactersOf(filling)
  if (fill.length === 0) return text
  const added = Array.from({ length: wanted - characters.length }, (_, i) => fill[i % fill.length]).join('')
  return side === 'left' ? added + text : text + added
}

/** Takes characters of a set off the ends. */
function trim(text: string, set: string, side: 'left' | 'right' | 'both'): string {
  const characters = charactersOf(text)
  const members = new Set(set)
  let [from, to] = [0, characters.length]
  if (side !== 'right') while (from < to && members.has(characters[from] as string)) from++
  if (side !== 'left') while (to > from && members.has(characters[to - 1] as string)) to--
  return characters.slice(from, to).join('')
}

function joined(parts: readonly string[], separator: string): string {
  const seams = Math.max(0, parts.length - 1) * separator.length
  limitText(parts.reduce((length, part) => length + part.length, seams))
  return parts.join(separator)
}

/** Missing arguments are left out. */
function joinPresent(separated: boolean): Overload {
  return {
    takes: separated ? ['string', 'string'] : ['string'],
    variadic: true,
    gives: 'string',
    evaluate: ({ columns, rows }) => {
      const out = new ValueColumn('string', rows)
      for (let row = 0; row < rows; row++) {
        const values = columns.map((column) => valueAt(column, row))
        const separator = separated ? values.shift() : ''
        if (typeof separator !== 'string') continue
        out.put(
          row,
          joined(
            values.filter((value) => typeof value === 'string'),
            separator,
          ),
        )
      }
      return out.finish()
    },
  }
}

const ofText = (name: string, doc: string, compute: (text: string) => string): ScalarFunction => ({
  name,
  signature: `${name}(text)`,
  doc,
  overloads: [byValue(['string'], 'string', compute)],
})

const trimming = (name: string, side: 'left' | 'right' | 'both', doc: string): ScalarFunction => ({
  name,
  signature: `${name}(text [, characters])`,
  doc,
  overloads: [
    byValue(['string'], 'string', (text) => trim(text, ' ', side)),
    byValue(['string', 'string'], 'string', (text, set) => trim(text, set, side)),
  ],
})

const padding = (name: string, side: 'left' | 'right', doc: string): ScalarFunction => ({
  name,
  signature: `${name}(text, length [, filling])`,
  doc,
  overloads: [
    byValue(['string', 'i64'], 'string', (text, length) => pad(text, length, ' ', side)),
    byValue(['string', 'i64', 'string'], 'string', (text, length, filling) => pad(text, length, filling, side)),
  ],
})

const ofTwo = (name: string, doc: string, compute: (text: string, part: string) => boolean): ScalarFunction => ({
  name,
  signature: `${name}(text, part)`,
  doc,
  overloads: [byValue(['string', 'string'], 'bool', compute)],
})

const cutting = (name: string, doc: string, compute: (text: string, count: bigint) => string): ScalarFunction => ({
  name,
  signature: `${name}(text, count)`,
  doc,
  overloads: [byValue(['string', 'i64'], 'string', compute)],
})

const counting = (name: string, doc: string): ScalarFunction => ({
  name,
  signature: `${name}(text)`,
  doc,
  overloads: [byValue(['string'], 'i64', (text) => BigInt(charactersOf(text).length))],
})

const finding = (name: string): ScalarFunction => ({
  name,
  signature: `${name}(text, part)`,
  doc: 'where part begins in text, counted from 1; 0 where it does not occur',
  overloads: [byValue(['string', 'string'], 'i64', position)],
})

const substrings = (name: string): ScalarFunction => ({
  name,
  signature: `${name}(text, start [, count])`,
  doc: 'characters from a place, counted from 1, or from the end where it is negative',
  overloads: [byValue(['string', 'i64'], 'string', substring), byValue(['string', 'i64', 'i64'], 'string', substring)],
})

export const TEXTS: readonly ScalarFunction[] = [
  {
    name: '||',
    signature: 'a || b',
    doc: 'both texts, one after the other',
    overloads: [byValue(['string', 'string'], 'string', (a, b) => joined([a, b], ''))],
  },
  {
    name: 'concat',
    signature: 'concat(a, b, ...)',
    doc: 'all texts that are there',
    overloads: [joinPresent(false)],
    takesMissing: true,
  },
  {
    name: 'concat_ws',
    signature: 'concat_ws(separator, a, b, ...)',
    doc: 'all texts that are there, with a separator between',
    overloads: [joinPresent(true)],
    takesMissing: true,
  },
  counting('length', 'how many characters'),
  counting('char_length', 'how many characters'),
  ofText('lower', 'in small letters', (text) => text.toLowerCase()),
  ofText('upper', 'in capital letters', (text) => text.toUpperCase()),
  ofText('reverse', 'from the end to the start', reversed),
  trimming('trim', 'both', 'without spaces, or the characters named, at the ends'),
  trimming('ltrim', 'left', 'without spaces, or the characters named, at the start'),
  trimming('rtrim', 'right', 'without spaces, or the characters named, at the end'),
  substrings('substr'),
  substrings('substring'),
  cutting('left', 'the first characters, or all but the last -count', left),
  cutting('right', 'the last characters, or all but the first -count', right),
  {
    name: 'replace',
    signature: 'replace(text, from, to)',
    doc: 'with every occurrence of from replaced',
    overloads: [byValue(['string', 'string', 'string'], 'string', replaceAll)],
  },
  {
    name: 'split_part',
    signature: 'split_part(text, separator, n)',
    doc: "the n-th part, from the end where n is negative; '' where there is none",
    overloads: [byValue(['string', 'string', 'i64'], 'string', splitPart)],
  },
  ofTwo('starts_with', 'whether text begins with part', (text, part) => text.startsWith(part)),
  ofTwo('ends_with', 'whether text ends with part', (text, part) => text.endsWith(part)),
  ofTwo('contains', 'whether part occurs in text', (text, part) => text.includes(part)),
  finding('position'),
  finding('strpos'),
  padding('lpad', 'left', 'of exactly this length, filled up at the start'),
  padding('rpad', 'right', 'of exactly this length, filled up at the end'),
  cutting('repeat', 'count times one after the other', repeat),
  {
    name: 'format',
    signature: "format('{} of {}', a, b, ...)",
    doc: 'each {} of the text replaced by the next argument',
    overloads: [byValues(['string'], 'string', ([template = '', ...values]) => fillIn(template, values))],
  },
]

function fillIn(template: string, values: readonly string[]): string {
  const pieces = template.split('{}')
  if (pieces.length - 1 !== values.length) {
    throw new TidemarkError('query', `'${template}' has ${pieces.length - 1} places {} for ${values.length} values`)
  }
  return joined(
    pieces.flatMap((piece, i) => (i === 0 ? [piece] : [values[i - 1] ?? '', piece])),
    '',
  )
}

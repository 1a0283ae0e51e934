import { TidemarkError } from '../core/errors.ts'
import { byValue } from './by-value.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

/** A step of a path: a member of an object, or an element of a list, from its end where it is negative. */
type Step = string | number

const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\."((?:[^"\\]|\\.)*)"|\[(-?\d{1,9})\]/y

/** `$.a."b c"[0]`, or the name of one member. */
function readPath(path: string): Step[] {
  if (!path.startsWith('$')) return [path]
  const steps: Step[] = []
  STEP.lastIndex = 1
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex
    const match = STEP.exec(path)
    if (match === null) {
      throw new TidemarkError(
        'query',
        `'${path}' is no path into JSON: expected .name, ."name" or [0] at '${path.slice(at)}'`,
      )
    }
    const [, bare, quoted, index] = match
    if (index === undefined) steps.push(bare ?? JSON.parse(`"${quoted}"`))
    else steps.push(Number(index))
  }
  return steps
}

/** The path that was read last: one mostly serves a whole statement. */
let last: { path: string; steps: Step[] } = { path: '$', steps: [] }

function stepsOf(path: string): readonly Step[] {
  if (last.path !== path) last = { path, steps: readPath(path) }
  return last.steps
}

/** Whether a text is JSON, as its own parser says; what follows then need not check. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const SCALAR = /[^,\]} \t\n\r]+/y

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(text)
  return pattern.lastIndex
}

/** The end of the value that begins at a place of valid JSON; brackets are counted, so no depth is too deep. */
function endOf(text: string, at: number): number {
  let depth = 0
  let place = at
  do {
    const sign = text[place]
    if (sign === '"') place = skip(STRING, text, place)
    else if (sign === '{' || sign === '[') {
      depth++
      place++
    } else if (sign === '}' || sign === ']') {
      depth--
      place++
    } else if (sign === ',' || sign === ':' || /[ \t\n\r]/.test(sign ?? '')) place++
    else place = skip(SCALAR, text, place)
  } while (depth > 0)
  return place
}

/** The places of the values of an object or a list, with the names of members. */
function* membersOf(text: string, at: number): Generator<{ name: string | undefined; start: number }> {
  const isObject = text[at] === '{'
  let place = skip(SPACE, text, at + 1)
  while (text[place] !== '}' && text[place] !== ']') {
    let name: string | undefined
    if (isObject) {
      const end = skip(STRING, text, place)
      name = JSON.parse(text.slice(place, end)) as string // a member's name is a string
      place = skip(SPACE, text, skip(SPACE, text, end) + 1)
    }
    yield { name, start: place }
    place = skip(SPACE, text, endOf(text, place))
    if (text[place] === ',') place = skip(SPACE, text, place + 1)
  }
}

/** Where a step leads from a value; of two members with one name the last counts. */
function follow(text: string, at: number, step: Step): number | undefined {
  if (text[at] !== (typeof step === 'string' ? '{' : '[')) return undefined
  const members = [...membersOf(text, at)]
  if (typeof step === 'number') return members.at(step)?.start
  return members.findLast(({ name }) => name === step)?.start
}

/** The value at a path as it is written, or `null`. */
function locate(text: string, path: string): string | null {
  const steps = stepsOf(path)
  if (!isJson(text)) return null
  let at: number | undefined = skip(SPACE, text, 0)
  for (const step of steps) {
    at = follow(text, at, step)
    if (at === undefined) return null
  }
  return text.slice(at, endOf(text, at))
}

/** Strings without quotes, all else as it is written; JSON's null is missing. */
function locateText(text: string, path: string): string | null {
  const found = locate(text, path)
  if (found === null || found === 'null') return null
  return found.startsWith('"') ? String(JSON.parse(found)) : found
}

const written: Overload = byValue(['string', 'string'], 'string', locate)
const shown: Overload = byValue(['string', 'string'], 'string', locateText)

const verify: NonNullable<ScalarFunction['verify']> = ([, path]) => {
  if (typeof path === 'string') readPath(path)
}

const accessing = (name: string, signature: string, doc: string, overload: Overload): ScalarFunction => ({
  name,
  signature,
  doc,
  overloads: [overload],
  constants: [1],
  verify,
})

export const JSON_FUNCTIONS: readonly ScalarFunction[] = [
  accessing(
    'json_extract',
    "json_extract(text, '$.a[0]')",
    'the value at a path, as it is written in the text',
    written,
  ),
  accessing(
    'json_extract_string',
    "json_extract_string(text, '$.a[0]')",
    'the value at a path, strings without quotes',
    shown,
  ),
  accessing('->', "text -> 'name'", 'a member or the value at a path, as it is written', written),
  accessing('->>', "text ->> 'name'", 'a member or the value at a path, strings without quotes', shown),
]

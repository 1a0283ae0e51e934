import { TidemarkError } from '../core/errors.ts'
import { compileExpression, PATTERNS, type RegularExpression } from '../core/pattern.ts'
import { byValue } from './by-value.ts'
import type { Call, Evaluate, Overload, ScalarFunction } from './scalar-function.ts'
import { limitText } from './text.ts'

/** The expression of a constant argument; options are `g`, all occurrences, and `i`, letters of any case. */
function expressionOf({ constants }: Pick<Call, 'constants'>, optionsAt: number): RegularExpression {
  const [, pattern] = constants
  const options = constants[optionsAt]
  return compileExpression(typeof pattern === 'string' ? pattern : '', String(options ?? '').includes('i'))
}

function verifyOptions(options: unknown): void {
  if (typeof options !== 'string' || /^[gi]*$/.test(options)) return
  throw new TidemarkError('query', `'${options}' are no options; expected g, i or both`)
}

const verifyAt =
  (optionsAt: number): NonNullable<ScalarFunction['verify']> =>
  (constants) => {
    verifyOptions(constants[optionsAt])
    // The editor checks statements without the library.
    if (PATTERNS.isLoaded()) expressionOf({ constants }, optionsAt)
  }

const matches: Evaluate = (call) => {
  const expression = expressionOf(call, 2)
  return byValue(['string'], 'bool', (text) => expression.occurs(text)).evaluate(call)
}

const replace: Evaluate = (call) => {
  const expression = expressionOf(call, 3)
  const all = String(call.constants[3] ?? '').includes('g')
  const overload = byValue(['string', 'string', 'string'], 'string', (text, _, replacement) => {
    const replaced = expression.replace(text, replacement, all)
    limitText(replaced.length)
    return replaced
  })
  return overload.evaluate(call)
}

const extract: Evaluate = (call) => {
  const expression = expressionOf(call, 3)
  const group = Number(call.constants[2] ?? 0)
  if (group < 0 || group > expression.groups) {
    throw new TidemarkError('query', `the expression has groups 0 to ${expression.groups}, not ${group}`)
  }
  return byValue(['string'], 'string', (text) => expression.extract(text, group)).evaluate(call)
}

const overloads = (evaluate: Evaluate, gives: Overload['gives'], ...takes: Overload['takes'][]): Overload[] =>
  takes.map((each) => ({ takes: each, gives, evaluate }))

export const REGULAR_EXPRESSIONS: readonly ScalarFunction[] = [
  {
    name: 'regexp_matches',
    signature: 'regexp_matches(text, pattern [, options])',
    doc: 'whether a regular expression occurs in the text',
    overloads: overloads(matches, 'bool', ['string', 'string'], ['string', 'string', 'string']),
    constants: [1, 2],
    verify: verifyAt(2),
    needs: PATTERNS,
  },
  {
    name: 'regexp_replace',
    signature: 'regexp_replace(text, pattern, replacement [, options])',
    doc: "the first occurrence replaced, with option 'g' all; \\1 is what the first group matched",
    overloads: overloads(replace, 'string', ['string', 'string', 'string'], ['string', 'string', 'string', 'string']),
    constants: [1, 3],
    verify: verifyAt(3),
    needs: PATTERNS,
  },
  {
    name: 'regexp_extract',
    signature: 'regexp_extract(text, pattern [, group])',
    doc: "the first occurrence, or a group of it; '' where there is none",
    overloads: overloads(extract, 'string', ['string', 'string'], ['string', 'string', 'i64']),
    constants: [1, 2],
    verify: verifyAt(3),
    needs: PATTERNS,
  },
]

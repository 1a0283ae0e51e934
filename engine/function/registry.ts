import type { Library } from '../core/library.ts'
import { CASTS } from './cast.ts'
import { ELEMENTARY_FUNCTIONS } from './elementary.ts'
import { INTEGERS } from './integer.ts'
import { JSON_FUNCTIONS } from './json.ts'
import { LIKE } from './like.ts'
import { LOGIC } from './logic.ts'
import { NUMBERS } from './number.ts'
import { provideFunctions } from './provided-functions.ts'
import { REGULAR_EXPRESSIONS } from './regular-expression.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { TEXTS } from './text.ts'
import { TIMES } from './time.ts'
import { TIME_FORMATS } from './time-format.ts'
import { TIME_PARTS } from './time-part.ts'
import { UNITS } from './unit.ts'

const ALL: readonly ScalarFunction[] = [
  ...CASTS,
  ...ELEMENTARY_FUNCTIONS,
  ...INTEGERS,
  ...JSON_FUNCTIONS,
  ...LIKE,
  ...LOGIC,
  ...NUMBERS,
  ...REGULAR_EXPRESSIONS,
  ...TEXTS,
  ...TIMES,
  ...TIME_FORMATS,
  ...TIME_PARTS,
  ...UNITS,
]

/** Every function of one row's values by its name, operators and casts among them. */
export const FUNCTIONS: ReadonlyMap<string, ScalarFunction> = new Map(ALL.map((each) => [each.name, each]))

/** Those that a statement calls by name. */
export const CALLABLE: readonly ScalarFunction[] = ALL.filter(({ name, signature }) => signature.includes(`${name}(`))

const NEEDING = CALLABLE.filter(({ needs }) => needs)
const NEEDING_CALL = new RegExp(`\\b(${NEEDING.map(({ name }) => name).join('|')})\\s*\\(`, 'gi')

/** What the functions that a text may call need: a word too many does no harm. */
export function librariesCalled(text: string): Set<Library> {
  const names = new Set(Array.from(text.matchAll(NEEDING_CALL), ([, name = '']) => name.toLowerCase()))
  return new Set(NEEDING.flatMap(({ name, needs }) => (needs && names.has(name) ? [needs] : [])))
}

provideFunctions(FUNCTIONS)

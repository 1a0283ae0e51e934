import type { ColumnType } from '../core/batch.ts'
import type { Library } from '../core/library.ts'
import { CASTS } from './cast.ts'
import { ELEMENTARY_FUNCTIONS } from './elementary.ts'
import { INTEGERS } from './integer.ts'
import { JSON_FUNCTIONS } from './json.ts'
import { LIKE } from './like.ts'
import { LOGIC } from './logic.ts'
import { NUMBERS } from './number.ts'
import { REGULAR_EXPRESSIONS } from './regular-expression.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'
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

/** The function of a call, and its overload for arguments of exactly these types. */
export function functionFor(name: string, types: readonly ColumnType[]): { of: ScalarFunction; overload: Overload } {
  const of = FUNCTIONS.get(name)
  const overload = of?.overloads.find((each) => takesExactly(each, types))
  if (of === undefined || overload === undefined) throw new Error(`there is no function ${name}(${types.join(', ')})`)
  return { of, overload }
}

function takesExactly(overload: Overload, types: readonly ColumnType[]): boolean {
  return fitsCount(overload, types.length) && types.every((type, k) => type === typeTaken(overload, k))
}

/** Whether an overload takes so many arguments. */
export function fitsCount({ takes, variadic }: Overload, count: number): boolean {
  return variadic ? count >= takes.length : count === takes.length
}

/** The type that an overload's k-th argument has to have. */
export function typeTaken({ takes }: Overload, k: number): ColumnType | undefined {
  return takes[Math.min(k, takes.length - 1)]
}

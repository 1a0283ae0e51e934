import type { ColumnType } from '../core/batch.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

let provided: ReadonlyMap<string, ScalarFunction> | undefined

/** Called by the registry as it is loaded: a thread that runs sub-plans loads it with the first call of a function. */
export function provideFunctions(functions: ReadonlyMap<string, ScalarFunction>): void {
  provided = functions
}

export function functionsAreProvided(): boolean {
  return provided !== undefined
}

/** The function of a call, and its overload for arguments of exactly these types. */
export function functionFor(name: string, types: readonly ColumnType[]): { of: ScalarFunction; overload: Overload } {
  if (provided === undefined) throw new Error(`${name}() is called before functions are loaded`)
  const of = provided.get(name)
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

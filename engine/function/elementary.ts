import type { Column } from '../core/batch.ts'
import type { Library } from '../core/library.ts'
import { ElementaryKernel, type ElementaryName } from '../kernel/elementary.ts'
import { doublesOf } from './double-loop.ts'
import type { Call, Evaluate, ScalarFunction } from './scalar-function.ts'

type LoadCore = (file: 'elementary.wasm') => Promise<WebAssembly.Module>

let loadCore: LoadCore | undefined
let kernel: ElementaryKernel | undefined

/** Says, once a thread, where modules come from. That of these functions is not loaded before a statement calls one. */
export function provideCore(load: LoadCore): void {
  loadCore ??= load
}

/** The module of the functions whose bits would differ between engines. */
export const ELEMENTARY: Library = {
  isLoaded: () => kernel !== undefined,
  load: async () => {
    if (loadCore === undefined) throw new Error('an elementary function before provideCore')
    kernel ??= await ElementaryKernel.create(await loadCore('elementary.wasm'))
  },
}

function apply(name: ElementaryName, x: Float64Array, y?: Float64Array): Column {
  if (kernel === undefined) throw new Error(`${name}() before its library was loaded`)
  return { name: '', type: 'f64', values: kernel.apply(name, x, y) }
}

function ofOne(name: ElementaryName, doc: string, callName: string = name): ScalarFunction {
  const evaluate: Evaluate = (call) => apply(name, doublesOf(call, 0))
  return {
    name: callName,
    signature: `${callName}(x)`,
    doc,
    overloads: [{ takes: ['f64'], gives: 'f64', evaluate }],
    needs: ELEMENTARY,
  }
}

function ofTwo(name: 'pow' | 'atan2', signature: string, doc: string, callName: string = name): ScalarFunction {
  const evaluate: Evaluate = (call) => apply(name, doublesOf(call, 0), doublesOf(call, 1))
  return {
    name: callName,
    signature,
    doc,
    overloads: [{ takes: ['f64', 'f64'], gives: 'f64', evaluate }],
    needs: ELEMENTARY,
  }
}

/** log(b, x): the quotient of two logarithms of base 2, so that powers of 2 come out whole. */
function logarithm(call: Call): Column {
  const [bases, values] = [apply('log2', doublesOf(call, 0)), apply('log2', doublesOf(call, 1))]
  if (bases.type !== 'f64' || values.type !== 'f64') throw new Error('logarithms are doubles')
  return { ...values, values: values.values.map((value, i) => value / (bases.values[i] as number)) }
}

export const ELEMENTARY_FUNCTIONS: readonly ScalarFunction[] = [
  ofOne('exp', 'e to the power of x'),
  ofOne('ln', 'the natural logarithm; NaN below zero'),
  ofOne('log10', 'the logarithm of base 10'),
  ofOne('log2', 'the logarithm of base 2'),
  {
    name: 'log',
    signature: 'log([base,] x)',
    doc: 'the logarithm of base 10, or of another',
    overloads: [
      { takes: ['f64'], gives: 'f64', evaluate: (call) => apply('log10', doublesOf(call, 0)) },
      { takes: ['f64', 'f64'], gives: 'f64', evaluate: logarithm },
    ],
    needs: ELEMENTARY,
  },
  ofOne('cbrt', 'the cube root'),
  ofTwo('pow', 'pow(x, y)', 'x to the power of y'),
  ofTwo('pow', 'power(x, y)', 'x to the power of y', 'power'),
  ofOne('sin', 'the sine of radians'),
  ofOne('cos', 'the cosine of radians'),
  ofOne('tan', 'the tangent of radians'),
  ofOne('asin', 'the angle of a sine, in radians'),
  ofOne('acos', 'the angle of a cosine, in radians'),
  ofOne('atan', 'the angle of a tangent, in radians'),
  ofTwo('atan2', 'atan2(y, x)', 'the angle of a point, in radians'),
  ofOne('sinh', 'the hyperbolic sine'),
  ofOne('cosh', 'the hyperbolic cosine'),
  ofOne('tanh', 'the hyperbolic tangent'),
]

import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { cellDoubles } from './cell-doubles.ts'
import { CellNumbers } from './cell-numbers.ts'
import { eachPresent } from './row-presence.ts'

/** How many values, their mean, and the sums of the second, third and fourth powers of their deviations. */
const WIDTH = 5

function openMoments({ budget }: AccumulatorCall): Accumulator {
  const moments = new CellNumbers(WIDTH, budget)
  return {
    update: (rows) => {
      const [values] = rows.columns
      eachPresent(rows, (row, cell) => {
        add(moments.at(cell), Number(values?.values[row]))
      })
    },
    endSeries: () => undefined,
    merge: (states, places) => moments.merge(states, places, combine),
    states: (cells) => moments.states(cells),
  }
}

/** Terriberry's update by one value, which `combine` is for many. */
function add(into: Float64Array, value: number): void {
  const before = into[0] as number
  const n = before + 1
  const d = value - (into[1] as number)
  const step = d / n
  const squares = into[2] as number
  const cubes = into[3] as number
  const term = d * step * before
  into[0] = n
  into[1] = (into[1] as number) + step
  into[2] = squares + term
  into[3] = cubes + term * step * (n - 2) - 3 * step * squares
  into[4] =
    (into[4] as number) + term * step * step * (n * n - 3 * n + 3) + 6 * step * step * squares - 4 * step * cubes
}

/** Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments", 2008. */
function combine(into: Float64Array, from: Float64Array): void {
  const [na = 0, meanA = 0, a2 = 0, a3 = 0, a4 = 0] = into
  const [nb = 0, meanB = 0, b2 = 0, b3 = 0, b4 = 0] = from
  if (na === 0) {
    into.set(from)
    return
  }
  const n = na + nb
  const d = meanB - meanA
  const step = d / n
  into[0] = n
  into[1] = meanA + step * nb
  into[2] = a2 + b2 + d * step * na * nb
  into[3] = a3 + b3 + d * step * step * na * nb * (na - nb) + 3 * step * (na * b2 - nb * a2)
  into[4] =
    a4 +
    b4 +
    d * step * step * step * na * nb * (na * na - na * nb + nb * nb) +
    6 * step * step * (na * na * b2 + nb * nb * a2) +
    4 * step * (na * b3 - nb * a3)
}

function shapeAggregate(name: string, value: (numbers: Float64Array) => number | undefined): ValueAggregate {
  return {
    name,
    inputs: ['number'],
    parameters: [],
    keepsUnit: false,
    ordered: false,
    dependsOnOrder: true,
    gives: 'value',
    outputType: () => 'f64',
    open: openMoments,
    finish: (states) => cellDoubles(states, value),
  }
}

/** The skewness of a sample, corrected for its size; missing for fewer than three values or none that differ. */
export const skewness: ValueAggregate = shapeAggregate('skewness', ([n = 0, , m2 = 0, m3 = 0]) =>
  n < 3 || m2 === 0 ? undefined : ((Math.sqrt(n * (n - 1)) / (n - 2)) * (m3 / n)) / (m2 / n) ** 1.5,
)

/** The excess kurtosis of a sample, corrected for its size; missing for fewer than four values or none that differ. */
export const kurtosis: ValueAggregate = shapeAggregate('kurtosis', ([n = 0, , m2 = 0, , m4 = 0]) => {
  if (n < 4 || m2 === 0) return undefined
  const excess = (n * m4) / (m2 * m2) - 3
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6)
})

import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { cellDoubles, cellIntegers } from './cell-doubles.ts'
import { CellNumbers } from './cell-numbers.ts'
import { eachPresent } from './row-presence.ts'

/** Of pairs (y, x): how many, both means, both sums of squared deviations, and the sum of the products of deviations. */
interface PairMoments {
  n: number
  meanY: number
  meanX: number
  squaresY: number
  squaresX: number
  products: number
}

const WIDTH = 6

function momentsOf(numbers: Float64Array): PairMoments {
  return {
    n: numbers[0] ?? 0,
    meanY: numbers[1] ?? 0,
    meanX: numbers[2] ?? 0,
    squaresY: numbers[3] ?? 0,
    squaresX: numbers[4] ?? 0,
    products: numbers[5] ?? 0,
  }
}

/** Welford's update and Chan, Golub and LeVeque's merge, of two variables. */
function openMoments({ budget }: AccumulatorCall): Accumulator {
  const moments = new CellNumbers(WIDTH, budget)
  return {
    update: (rows) => {
      const [y, x] = rows.columns
      eachPresent(rows, (row, cell) => {
        add(moments.at(cell), Number(y?.values[row]), Number(x?.values[row]))
      })
    },
    endSeries: () => undefined,
    merge: (states, places) => moments.merge(states, places, combine),
    states: (cells) => moments.states(cells),
  }
}

function add(into: Float64Array, y: number, x: number): void {
  const n = (into[0] as number) + 1
  const dy = y - (into[1] as number)
  const dx = x - (into[2] as number)
  const meanX = (into[2] as number) + dx / n
  into[0] = n
  into[1] = (into[1] as number) + dy / n
  into[2] = meanX
  into[3] = (into[3] as number) + dy * (y - (into[1] as number))
  into[4] = (into[4] as number) + dx * (x - meanX)
  into[5] = (into[5] as number) + dy * (x - meanX)
}

function combine(into: Float64Array, from: Float64Array): void {
  const a = momentsOf(into)
  const b = momentsOf(from)
  const n = a.n + b.n
  const [dy, dx] = [b.meanY - a.meanY, b.meanX - a.meanX]
  const weight = (a.n * b.n) / n
  into[0] = n
  into[1] = a.n === 0 ? b.meanY : a.meanY + (dy * b.n) / n
  into[2] = a.n === 0 ? b.meanX : a.meanX + (dx * b.n) / n
  into[3] = a.squaresY + b.squaresY + (a.n === 0 ? 0 : dy * dy * weight)
  into[4] = a.squaresX + b.squaresX + (a.n === 0 ? 0 : dx * dx * weight)
  into[5] = a.products + b.products + (a.n === 0 ? 0 : dy * dx * weight)
}

function pairAggregate(name: string, value: (moments: PairMoments) => number | undefined): ValueAggregate {
  return {
    name,
    inputs: ['number', 'number'],
    parameters: [],
    keepsUnit: false,
    ordered: false,
    dependsOnOrder: true,
    gives: 'value',
    outputType: () => 'f64',
    open: openMoments,
    finish: (states) => cellDoubles(states, (numbers) => value(momentsOf(numbers))),
  }
}

/** Pearson's coefficient; missing where one of the two does not vary. */
export const corr: ValueAggregate = pairAggregate('corr', ({ squaresY, squaresX, products }) =>
  squaresY === 0 || squaresX === 0 ? undefined : products / Math.sqrt(squaresY * squaresX),
)

export const covarPop: ValueAggregate = pairAggregate('covar_pop', ({ n, products }) => products / n)

/** Missing for fewer than two pairs. */
export const covarSamp: ValueAggregate = pairAggregate('covar_samp', ({ n, products }) =>
  n < 2 ? undefined : products / (n - 1),
)

/** Of the least-squares line through the pairs; missing where x does not vary. */
export const regrSlope: ValueAggregate = pairAggregate('regr_slope', ({ squaresX, products }) =>
  squaresX === 0 ? undefined : products / squaresX,
)

export const regrIntercept: ValueAggregate = pairAggregate('regr_intercept', ({ meanY, meanX, squaresX, products }) =>
  squaresX === 0 ? undefined : meanY - (products / squaresX) * meanX,
)

/** The part of the variance of y that the line explains; 1 where y does not vary, missing where x does not. */
export const regrR2: ValueAggregate = pairAggregate('regr_r2', ({ squaresY, squaresX, products }) => {
  if (squaresX === 0) return undefined
  return squaresY === 0 ? 1 : (products * products) / (squaresX * squaresY)
})

/** How many rows have both. */
export const regrCount: ValueAggregate = {
  ...pairAggregate('regr_count', ({ n }) => n),
  outputType: () => 'i64',
  finish: (states) => {
    const { validity: _, ...counts } = cellIntegers(states, (numbers) => momentsOf(numbers).n)
    return counts
  },
}

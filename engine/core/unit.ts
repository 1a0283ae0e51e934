/** A fraction of whole numbers, so that conversions round once. */
interface Ratio {
  numerator: bigint
  denominator: bigint
}

/** A unit of measurement: `(x + offset) * scale` is the value in the base unit of its dimension. */
export interface Unit {
  name: string
  dimension: string
  scale: Ratio
  offset: Ratio
}

/** How values of one unit become values of another: `x * multiplier / divisor + shift`. */
export interface UnitConversion {
  multiplier: number
  divisor: number
  shift: number
}

/** `1234.5`, `5/9`, `1e6`. */
function ratio(text: string): Ratio {
  const [over = '', under = '1'] = text.split('/')
  const [a, b] = [decimal(over), decimal(under)]
  return reduced(a.numerator * b.denominator, a.denominator * b.numerator)
}

function decimal(text: string): Ratio {
  const [digits = '', exponent = '0'] = text.split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  const power = Number(exponent) - fraction.length
  const value = BigInt(whole + fraction)
  return power >= 0
    ? { numerator: value * 10n ** BigInt(power), denominator: 1n }
    : { numerator: value, denominator: 10n ** BigInt(-power) }
}

function reduced(numerator: bigint, denominator: bigint): Ratio {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator]
  while (b !== 0n) [a, b] = [b, a % b]
  return a === 0n ? { numerator, denominator } : { numerator: numerator / a, denominator: denominator / a }
}

const SI: readonly (readonly [prefix: string, factor: string])[] = [
  ['p', '1e-12'],
  ['n', '1e-9'],
  ['u', '1e-6'],
  ['µ', '1e-6'],
  ['m', '1e-3'],
  ['c', '1e-2'],
  ['h', '1e2'],
  ['k', '1e3'],
  ['M', '1e6'],
  ['G', '1e9'],
  ['T', '1e12'],
  ['P', '1e15'],
]
const LARGE = SI.filter(([prefix]) => 'kMGTP'.includes(prefix))
const BINARY: typeof SI = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'].map((prefix, i) => [prefix, String(1024n ** BigInt(i + 1))])

interface UnitFamily {
  dimension: string
  /** Names of one unit with its size in the base unit; with `prefixes` also each of them before each name. */
  units: readonly (readonly [names: string, scale: string, prefixes?: typeof SI, offset?: string])[]
}

/** International avoirdupois and US customary sizes are those of NIST SP 811; psi follows from pound, inch and g. */
const FAMILIES: readonly UnitFamily[] = [
  {
    dimension: 'a ratio',
    units: [
      ['1 ratio', '1'],
      ['% percent', '1/100'],
      ['‰', '1/1000'],
      ['ppm', '1e-6'],
    ],
  },
  {
    dimension: 'data',
    units: [
      ['B byte bytes', '1', [...LARGE, ...BINARY]],
      ['bit bits', '1/8', [...LARGE, ...BINARY]],
    ],
  },
  {
    dimension: 'a data rate',
    units: [
      ['B/s', '1', [...LARGE, ...BINARY]],
      ['bit/s bps', '1/8', [...LARGE, ...BINARY]],
    ],
  },
  {
    dimension: 'a temperature',
    units: [
      ['K kelvin', '1', SI],
      ['°C degC celsius', '1', [], '273.15'],
      ['°F degF fahrenheit', '5/9', [], '459.67'],
    ],
  },
  {
    dimension: 'power',
    units: [
      ['W', '1', SI],
      ['hp', '745.69987158227022'],
    ],
  },
  {
    dimension: 'energy',
    units: [
      ['J', '1', SI],
      ['Wh', '3600', SI],
      ['cal', '4.184', SI],
      ['BTU', '1055.05585262'],
    ],
  },
  {
    dimension: 'pressure',
    units: [
      ['Pa', '1', SI],
      ['bar', '100000', SI],
      ['psi', '6894.757293168361'],
      ['atm', '101325'],
      ['mmHg', '133.322387415'],
    ],
  },
  {
    dimension: 'length',
    units: [
      ['m', '1', SI],
      ['in', '0.0254'],
      ['ft', '0.3048'],
      ['yd', '0.9144'],
      ['mi', '1609.344'],
      ['nmi', '1852'],
    ],
  },
  {
    dimension: 'area',
    units: [
      ['m2 m²', '1'],
      ['cm2 cm²', '1e-4'],
      ['km2 km²', '1e6'],
      ['ha', '1e4'],
      ['ft2 ft²', '0.09290304'],
    ],
  },
  {
    dimension: 'volume',
    units: [
      ['m3 m³', '1'],
      ['L l', '1e-3', SI],
      ['gal', '0.003785411784'],
      ['ft3 ft³', '0.028316846592'],
    ],
  },
  {
    dimension: 'mass',
    units: [
      ['g', '1e-3', SI],
      ['t', '1000'],
      ['lb', '0.45359237'],
      ['oz', '0.028349523125'],
    ],
  },
  {
    dimension: 'speed',
    units: [
      ['m/s', '1', SI],
      ['km/h kph', '5/18'],
      ['mph mi/h', '0.44704'],
      ['kn knot knots', '1852/3600'],
      ['ft/s', '0.3048'],
    ],
  },
  {
    dimension: 'time',
    units: [
      ['s', '1', SI.filter(([prefix]) => 'pnuµm'.includes(prefix))],
      ['min', '60'],
      ['h', '3600'],
      ['d', '86400'],
      ['w', '604800'],
    ],
  },
  {
    dimension: 'frequency',
    units: [
      ['Hz', '1', SI],
      ['rpm 1/min', '1/60'],
      ['1/s', '1'],
    ],
  },
  { dimension: 'current', units: [['A', '1', SI]] },
  { dimension: 'voltage', units: [['V', '1', SI]] },
  { dimension: 'resistance', units: [['Ω ohm', '1', SI]] },
  {
    dimension: 'charge',
    units: [
      ['C coulomb', '1'],
      ['Ah', '3600', SI],
    ],
  },
  {
    dimension: 'force',
    units: [
      ['N', '1', SI],
      ['lbf', '4.4482216152605'],
    ],
  },
  {
    dimension: 'a flow',
    units: [
      ['m3/s m³/s', '1'],
      ['m3/h m³/h', '1/3600'],
      ['L/s l/s', '1e-3'],
      ['L/min l/min', '1/60000'],
    ],
  },
  {
    dimension: 'an angle',
    units: [
      ['deg °', '1'],
      ['turn', '360'],
    ],
  },
]

function* unitsOf({ dimension, units }: UnitFamily): Generator<Unit> {
  for (const [names, scale, prefixes = [], offset = '0'] of units) {
    for (const name of names.split(' ')) {
      yield { name, dimension, scale: ratio(scale), offset: ratio(offset) }
      for (const [prefix, factor] of prefixes) {
        const [a, b] = [ratio(scale), ratio(factor)]
        const prefixed = reduced(a.numerator * b.numerator, a.denominator * b.denominator)
        yield { name: prefix + name, dimension, scale: prefixed, offset: ratio('0') }
      }
    }
  }
}

let table: ReadonlyMap<string, Unit> | undefined

/** Every unit by its name; large and small letters differ (`mW`, `MW`). Of two units with one name the first in the list counts. */
export function knownUnits(): ReadonlyMap<string, Unit> {
  if (table === undefined) {
    const units = new Map<string, Unit>()
    for (const family of FAMILIES)
      for (const unit of unitsOf(family)) if (!units.has(unit.name)) units.set(unit.name, unit)
    table = units
  }
  return table
}

/** How to convert, each number rounded once; of units of one dimension. */
export function conversionOf(from: Unit, to: Unit): UnitConversion {
  const factor = reduced(from.scale.numerator * to.scale.denominator, from.scale.denominator * to.scale.numerator)
  // x * f + (offset of `from` * f - offset of `to`), over one denominator.
  const shifted = from.offset.numerator * factor.numerator * to.offset.denominator
  const lowered = to.offset.numerator * from.offset.denominator * factor.denominator
  const shift = reduced(shifted - lowered, from.offset.denominator * factor.denominator * to.offset.denominator)
  return {
    multiplier: Number(factor.numerator),
    divisor: Number(factor.denominator),
    shift: Number(shift.numerator) / Number(shift.denominator),
  }
}

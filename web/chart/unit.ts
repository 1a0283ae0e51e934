const IEC_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** `%`, `B` (bytes) and `B/s` are written in their own way; any other unit follows the number. */
export function isBytes(unit: string | undefined): boolean {
  return unit === 'B' || unit === 'B/s'
}

const large = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function printNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(3)
  return (size >= 1 ? large : small).format(value)
}

function printBytes(value: number, suffix: string): string {
  const power = Math.abs(value) < 1 ? 0 : Math.floor(Math.log2(Math.abs(value)) / 10)
  const index = Math.min(power, IEC_PREFIXES.length - 1)
  const scaled = value / 2 ** (10 * index)
  const digits = index === 0 || Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2
  return `${scaled.toFixed(digits)} ${IEC_PREFIXES[index]}${suffix}`
}

/** A value as people read it: `12.3%`, `1.50 GiB`, `820 KiB/s`, `21.4 °C`; `–` where there is none. */
export function printValue(value: number | undefined, unit: string | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (unit === '%') return `${value.toFixed(1)}%`
  if (unit !== undefined && isBytes(unit)) return printBytes(value, unit)
  return unit === undefined || unit === '' ? printNumber(value) : `${printNumber(value)} ${unit}`
}

/** A tick of an axis: as `printValue`, without digits that every tick shares. */
export function printTick(value: number, unit: string | undefined): string {
  if (unit === '%') return `${printNumber(value)}%`
  if (unit === undefined || !isBytes(unit)) return printNumber(value)
  return value === 0 ? '0' : printBytes(value, unit).replace(/\.0+(?= )/, '')
}

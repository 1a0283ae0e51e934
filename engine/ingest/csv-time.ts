import { MAX_TIME, MIN_TIME, parseTimestamp } from '../core/time.ts'

/** How a file writes times. Numbers count from 1970 UTC and may have a fraction. */
export type CsvTimeFormat =
  | 'YYYY-MM-DD'
  | 'Mon D YYYY'
  | 'D Mon YYYY'
  | 'M/D/YYYY'
  | 'D/M/YYYY'
  | 'epoch s'
  | 'epoch ms'
  | 'epoch us'
  | 'epoch ns'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** A time of day after a date; `parseTimestamp` reads it. */
const CLOCK = '(?:[T ,]+(\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?)Z?)?'
const NAMED_FIRST = new RegExp(`^([A-Za-z]{3,9})\\.? +(\\d{1,2}),? +(\\d{4})${CLOCK}$`)
const NAMED_SECOND = new RegExp(`^(\\d{1,2})[ -]([A-Za-z]{3,9})\\.?[ -](\\d{4})${CLOCK}$`)
const SLASHES = new RegExp(`^(\\d{1,2})/(\\d{1,2})/(\\d{4})${CLOCK}$`)
const YEAR_FIRST = /^(\d{4})\/(\d{1,2})\/(\d{1,2})/
const EPOCH = /^(-?)(\d{1,19})(?:\.(\d{1,9}))?$/

type Parse = (text: string) => bigint | undefined

function compose(year: string, month: number | string, day: string, clock: string | undefined): bigint | undefined {
  const date = `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`
  return parseTimestamp(
    clock === undefined ? date : `${date}T${clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : 0, '0')}`,
  )
}

function monthOf(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1
}

function epoch(digits: number): Parse {
  return (text) => {
    const match = EPOCH.exec(text)
    if (match === null) return undefined
    const [, sign, whole = '', fraction = ''] = match
    if (fraction.length > digits) return undefined
    const magnitude = BigInt(whole + fraction.padEnd(digits, '0'))
    const time = sign === '-' ? -magnitude : magnitude
    return time < MIN_TIME || time > MAX_TIME ? undefined : time
  }
}

const PARSERS: Readonly<Record<CsvTimeFormat, Parse>> = {
  'YYYY-MM-DD': (text) => {
    const slashed = YEAR_FIRST.exec(text)
    if (slashed === null) return parseTimestamp(text)
    const [date, year = '', month = '', day = ''] = slashed
    return parseTimestamp(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${text.slice(date.length)}`)
  },
  'Mon D YYYY': (text) => {
    const [, month = '', day = '', year = '', clock] = NAMED_FIRST.exec(text) ?? []
    return compose(year, monthOf(month), day, clock)
  },
  'D Mon YYYY': (text) => {
    const [, day = '', month = '', year = '', clock] = NAMED_SECOND.exec(text) ?? []
    return compose(year, monthOf(month), day, clock)
  },
  'M/D/YYYY': (text) => {
    const [, month = '', day = '', year = '', clock] = SLASHES.exec(text) ?? []
    return compose(year, month, day, clock)
  },
  'D/M/YYYY': (text) => {
    const [, day = '', month = '', year = '', clock] = SLASHES.exec(text) ?? []
    return compose(year, month, day, clock)
  },
  'epoch s': epoch(9),
  'epoch ms': epoch(6),
  'epoch us': epoch(3),
  'epoch ns': epoch(0),
}

/** Nanoseconds since 1970 UTC, or `undefined` where the text is no time of the format. Without a zone it is UTC. */
export function parseCsvTime(text: string, format: CsvTimeFormat): bigint | undefined {
  return PARSERS[format](text)
}

/** Digits of epochs from 2001 to 2286. */
const EPOCH_DIGITS: ReadonlyMap<number, CsvTimeFormat> = new Map([
  [10, 'epoch s'],
  [13, 'epoch ms'],
  [16, 'epoch us'],
  [19, 'epoch ns'],
])

/** The format in which all texts are times, or `undefined`. Epochs are taken where they lie between 2001 and 2286. */
export function guessTimeFormat(texts: readonly string[]): CsvTimeFormat | undefined {
  const [first] = texts
  if (first === undefined) return undefined
  if (EPOCH.test(first)) {
    const format = EPOCH_DIGITS.get(first.split('.')[0]?.length ?? 0)
    const isSame = (text: string): boolean =>
      EPOCH.test(text) && text.split('.')[0]?.length === first.split('.')[0]?.length
    return texts.every(isSame) ? format : undefined
  }
  const formats: CsvTimeFormat[] = ['YYYY-MM-DD', 'Mon D YYYY', 'D Mon YYYY', 'M/D/YYYY', 'D/M/YYYY']
  return formats.find((format) => texts.every((text) => parseCsvTime(text, format) !== undefined))
}

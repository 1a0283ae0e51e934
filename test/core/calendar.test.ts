import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addUnits,
  type CalendarUnit,
  dateOf,
  daysInMonth,
  daysOf,
  nextWindow,
  parseWidth,
  unitOf,
  windowStart,
  windowStarts,
} from '../../engine/core/calendar.ts'
import { MAX_TIME, MIN_TIME, parseTimestamp, printTimestamp } from '../../engine/core/time.ts'
import { UTC, zoneOf } from '../../engine/core/zone.ts'

const SECOND = 1_000_000_000n
const at = (text: string): bigint => parseTimestamp(text) ?? 0n
const shown = (time: bigint): string => printTimestamp(time).replace('.000000000', '')

/** Zone, time, offset and start of the local day, in seconds, by Python's zoneinfo; only what no law will change. */
const DAYS: readonly (readonly [zone: string, time: number, offset: number, start: number])[] = [
  ['Europe/Berlin', 1774745999, 3600, 1774738800],
  ['Europe/Berlin', 1774746000, 7200, 1774738800],
  ['Europe/Berlin', 1792888200, 7200, 1792879200],
  ['Europe/Berlin', 1792891800, 3600, 1792879200],
  ['Europe/Berlin', 1325239199, 3600, 1325199600],
  ['Europe/Berlin', 1325239200, 3600, 1325199600],
  ['Europe/Berlin', 1541300399, 3600, 1541286000],
  ['Europe/Berlin', 1541300400, 3600, 1541286000],
  ['Europe/Berlin', -1, 3600, -3600],
  ['Europe/Berlin', 951825600, 3600, 951778800],
  ['Europe/Berlin', 4107538800, 3600, 4107538800],
  ['Europe/Berlin', -776520000, 10800, -776570400],
  ['Europe/Berlin', 1712415599, 7200, 1712354400],
  ['Europe/Berlin', 1712417400, 7200, 1712354400],
  ['Europe/Berlin', -240253699, 3600, -240282000],
  ['Europe/Berlin', 1283069330, 7200, 1283032800],
  ['Europe/Berlin', 1075142730, 3600, 1075071600],
  ['Europe/Berlin', -702142359, 7200, -702180000],
  ['Europe/Berlin', 326641316, 7200, 326584800],
  ['Europe/Berlin', 2671649013, 7200, 2671567200],
  ['Europe/Berlin', 1331512829, 3600, 1331506800],
  ['Europe/Berlin', 773740446, 7200, 773704800],
  ['Europe/Berlin', 1425144230, 3600, 1425078000],
  ['Europe/Berlin', 1232436733, 3600, 1232406000],
  ['America/New_York', 1774745999, -14400, 1774670400],
  ['America/New_York', 1774746000, -14400, 1774670400],
  ['America/New_York', 1792888200, -14400, 1792814400],
  ['America/New_York', 1792891800, -14400, 1792814400],
  ['America/New_York', 1325239199, -18000, 1325221200],
  ['America/New_York', 1325239200, -18000, 1325221200],
  ['America/New_York', 1541300399, -14400, 1541217600],
  ['America/New_York', 1541300400, -14400, 1541217600],
  ['America/New_York', -1, -18000, -68400],
  ['America/New_York', 951825600, -18000, 951800400],
  ['America/New_York', 4107538800, -18000, 4107474000],
  ['America/New_York', -776520000, -14400, -776548800],
  ['America/New_York', 1712415599, -14400, 1712376000],
  ['America/New_York', 1712417400, -14400, 1712376000],
  ['America/New_York', -980859687, -18000, -980881200],
  ['America/New_York', 1338726205, -14400, 1338696000],
  ['America/New_York', -1205747931, -18000, -1205780400],
  ['America/New_York', 2641041311, -14400, 2641003200],
  ['America/New_York', 2334598313, -18000, 2334546000],
  ['America/New_York', 753033560, -18000, 752994000],
  ['America/New_York', -148387004, -18000, -148417200],
  ['America/New_York', 1103298028, -18000, 1103259600],
  ['America/New_York', -255860173, -18000, -255898800],
  ['America/New_York', -438769369, -18000, -438807600],
  ['Australia/Lord_Howe', 1774745999, 39600, 1774702800],
  ['Australia/Lord_Howe', 1774746000, 39600, 1774702800],
  ['Australia/Lord_Howe', 1792888200, 39600, 1792846800],
  ['Australia/Lord_Howe', 1792891800, 39600, 1792846800],
  ['Australia/Lord_Howe', 1325239199, 39600, 1325163600],
  ['Australia/Lord_Howe', 1325239200, 39600, 1325163600],
  ['Australia/Lord_Howe', 1541300399, 39600, 1541250000],
  ['Australia/Lord_Howe', 1541300400, 39600, 1541250000],
  ['Australia/Lord_Howe', -1, 36000, -36000],
  ['Australia/Lord_Howe', 951825600, 39600, 951742800],
  ['Australia/Lord_Howe', 4107538800, 39600, 4107502800],
  ['Australia/Lord_Howe', -776520000, 36000, -776599200],
  ['Australia/Lord_Howe', 1712415599, 39600, 1712408400],
  ['Australia/Lord_Howe', 1712417400, 37800, 1712408400],
  ['Australia/Lord_Howe', 1817823366, 37800, 1817818200],
  ['Australia/Lord_Howe', 757462388, 39600, 757429200],
  ['Australia/Lord_Howe', 1061161141, 37800, 1061127000],
  ['Australia/Lord_Howe', 2330270581, 39600, 2330254800],
  ['Australia/Lord_Howe', 1098343895, 37800, 1098279000],
  ['Australia/Lord_Howe', 783617456, 39600, 783608400],
  ['Australia/Lord_Howe', 443376002, 41400, 443363400],
  ['Australia/Lord_Howe', 1482472746, 39600, 1482411600],
  ['Australia/Lord_Howe', 2435757793, 39600, 2435749200],
  ['Australia/Lord_Howe', -615411387, 36000, -615463200],
  ['Asia/Kolkata', 1774745999, 19800, 1774722600],
  ['Asia/Kolkata', 1774746000, 19800, 1774722600],
  ['Asia/Kolkata', 1792888200, 19800, 1792866600],
  ['Asia/Kolkata', 1792891800, 19800, 1792866600],
  ['Asia/Kolkata', 1325239199, 19800, 1325183400],
  ['Asia/Kolkata', 1325239200, 19800, 1325183400],
  ['Asia/Kolkata', 1541300399, 19800, 1541269800],
  ['Asia/Kolkata', 1541300400, 19800, 1541269800],
  ['Asia/Kolkata', -1, 19800, -19800],
  ['Asia/Kolkata', 951825600, 19800, 951762600],
  ['Asia/Kolkata', 4107538800, 19800, 4107522600],
  ['Asia/Kolkata', -776520000, 23400, -776586600],
  ['Asia/Kolkata', 1712415599, 19800, 1712341800],
  ['Asia/Kolkata', 1712417400, 19800, 1712341800],
  ['Asia/Kolkata', -266206586, 19800, -266218200],
  ['Asia/Kolkata', 1464401791, 19800, 1464373800],
  ['Asia/Kolkata', -611090876, 19800, -611127000],
  ['Asia/Kolkata', 2465922180, 19800, 2465836200],
  ['Asia/Kolkata', 2714129076, 19800, 2714063400],
  ['Asia/Kolkata', 984742192, 19800, 984681000],
  ['Asia/Kolkata', 412461456, 19800, 412453800],
  ['Asia/Kolkata', 1921348505, 19800, 1921343400],
  ['Asia/Kolkata', -1197249261, 19800, -1197264600],
  ['Asia/Kolkata', 1621386328, 19800, 1621362600],
  ['America/Sao_Paulo', 1774745999, -10800, 1774666800],
  ['America/Sao_Paulo', 1774746000, -10800, 1774666800],
  ['America/Sao_Paulo', 1792888200, -10800, 1792810800],
  ['America/Sao_Paulo', 1792891800, -10800, 1792810800],
  ['America/Sao_Paulo', 1325239199, -7200, 1325210400],
  ['America/Sao_Paulo', 1325239200, -7200, 1325210400],
  ['America/Sao_Paulo', 1541300399, -10800, 1541214000],
  ['America/Sao_Paulo', 1541300400, -7200, 1541300400],
  ['America/Sao_Paulo', -1, -10800, -75600],
  ['America/Sao_Paulo', 951825600, -10800, 951793200],
  ['America/Sao_Paulo', 4107538800, -10800, 4107466800],
  ['America/Sao_Paulo', -776520000, -10800, -776552400],
  ['America/Sao_Paulo', 1712415599, -10800, 1712372400],
  ['America/Sao_Paulo', 1712417400, -10800, 1712372400],
  ['America/Sao_Paulo', 2075893566, -10800, 2075857200],
  ['America/Sao_Paulo', -987291055, -10800, -987368400],
  ['America/Sao_Paulo', -577686492, -10800, -577746000],
  ['America/Sao_Paulo', 1994270098, -10800, 1994209200],
  ['America/Sao_Paulo', 1276449386, -10800, 1276398000],
  ['America/Sao_Paulo', -1078526510, -10800, -1078606800],
  ['America/Sao_Paulo', 31630751, -10800, 31546800],
  ['America/Sao_Paulo', 2088099033, -10800, 2088039600],
  ['America/Sao_Paulo', -1129109554, -10800, -1129150800],
  ['America/Sao_Paulo', 2274904387, -10800, 2274836400],
  ['Africa/Casablanca', 1325239199, 0, 1325203200],
  ['Africa/Casablanca', 1325239200, 0, 1325203200],
  ['Africa/Casablanca', 1541300399, 3600, 1541286000],
  ['Africa/Casablanca', 1541300400, 3600, 1541286000],
  ['Africa/Casablanca', -1, 0, -86400],
  ['Africa/Casablanca', 951825600, 0, 951782400],
  ['Africa/Casablanca', -776520000, 3600, -776566800],
  ['Africa/Casablanca', 1712415599, 0, 1712361600],
  ['Africa/Casablanca', 1712417400, 0, 1712361600],
  ['Africa/Casablanca', -105103796, 0, -105148800],
  ['Africa/Casablanca', 768137878, 0, 768096000],
  ['Africa/Casablanca', 1292125719, 0, 1292112000],
  ['Africa/Casablanca', 402462190, 0, 402451200],
  ['Pacific/Apia', 1774745999, 46800, 1774695600],
  ['Pacific/Apia', 1774746000, 46800, 1774695600],
  ['Pacific/Apia', 1792888200, 46800, 1792839600],
  ['Pacific/Apia', 1792891800, 46800, 1792839600],
  ['Pacific/Apia', 1325239199, -36000, 1325152800],
  ['Pacific/Apia', 1325239200, 50400, 1325239200],
  ['Pacific/Apia', 1541300399, 50400, 1541239200],
  ['Pacific/Apia', 1541300400, 50400, 1541239200],
  ['Pacific/Apia', -1, -39600, -46800],
  ['Pacific/Apia', 951825600, -39600, 951822000],
  ['Pacific/Apia', 4107538800, 46800, 4107495600],
  ['Pacific/Apia', -776520000, -41400, -776521800],
  ['Pacific/Apia', 1712415599, 46800, 1712401200],
  ['Pacific/Apia', 1712417400, 46800, 1712401200],
  ['Pacific/Apia', 2693784670, 46800, 2693732400],
  ['Pacific/Apia', 571367387, -39600, 571316400],
  ['Pacific/Apia', 434050899, -39600, 434026800],
  ['Pacific/Apia', 1864973235, 46800, 1864897200],
  ['Pacific/Apia', 2177572977, 46800, 2177492400],
  ['Pacific/Apia', 1215504132, -39600, 1215428400],
  ['Pacific/Apia', 647328882, -39600, 647262000],
  ['Pacific/Apia', 2756010376, 46800, 2755940400],
  ['Pacific/Apia', -686137953, -41400, -686147400],
  ['Pacific/Apia', 2512399581, 46800, 2512378800],
  ['Asia/Tehran', 1774745999, 12600, 1774729800],
  ['Asia/Tehran', 1774746000, 12600, 1774729800],
  ['Asia/Tehran', 1792888200, 12600, 1792873800],
  ['Asia/Tehran', 1792891800, 12600, 1792873800],
  ['Asia/Tehran', 1325239199, 12600, 1325190600],
  ['Asia/Tehran', 1325239200, 12600, 1325190600],
  ['Asia/Tehran', 1541300399, 12600, 1541277000],
  ['Asia/Tehran', 1541300400, 12600, 1541277000],
  ['Asia/Tehran', -1, 12600, -12600],
  ['Asia/Tehran', 951825600, 12600, 951769800],
  ['Asia/Tehran', 4107538800, 12600, 4107529800],
  ['Asia/Tehran', -776520000, 12600, -776575800],
  ['Asia/Tehran', 1712415599, 12600, 1712349000],
  ['Asia/Tehran', 1712417400, 12600, 1712349000],
  ['Asia/Tehran', 307590979, 12600, 307571400],
  ['Asia/Tehran', -843740900, 12600, -843795000],
  ['Asia/Tehran', -1108172065, 12344, -1108178744],
  ['Asia/Tehran', -678322181, 12600, -678339000],
  ['Asia/Tehran', 863204084, 16200, 863119800],
  ['Asia/Tehran', -330352164, 12600, -330406200],
  ['Asia/Tehran', -154283074, 12600, -154323000],
  ['Asia/Tehran', 1624091106, 16200, 1624044600],
  ['Asia/Tehran', 610996938, 12600, 610921800],
  ['Asia/Tehran', 2083357763, 12600, 2083350600],
]

describe('zones', () => {
  test.each([...new Set(DAYS.map(([zone]) => zone))])('%s has the offsets and days of the zone database', (name) => {
    const zone = zoneOf(name)
    for (const [of, time, offset, start] of DAYS) {
      if (of !== name) continue
      const day = windowStart(BigInt(time) * SECOND, { unit: 'day', count: 1 }, zone) / SECOND
      expect({ time, offset: zone.offsetAt(time), start: Number(day) }).toEqual({ time, offset, start })
    }
  })

  test('fixed offsets and UTC need no database', () => {
    expect(zoneOf('+05:30').offsetAt(0)).toBe(19_800)
    expect(zoneOf('-0800').offsetAt(0)).toBe(-28_800)
    expect(zoneOf('utc')).toBe(UTC)
  })

  test.each(['Europe/Berlim', '', '+25:00', 'a\u0000b'])('%j is no zone', (name) => {
    expect(() => zoneOf(name)).toThrow(`there is no time zone '${name}'`)
  })
})

describe('dates', () => {
  test('agree with Date over all days that a time can have', () => {
    fc.assert(
      fc.property(fc.integer({ min: -106_752, max: 106_751 }), (day) => {
        const date = new Date(day * 86_400_000)
        const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
        expect(dateOf(day)).toEqual(civil)
        expect(daysOf(civil)).toBe(day)
        expect(daysInMonth(civil.year, civil.month)).toBe(new Date(Date.UTC(civil.year, civil.month, 0)).getUTCDate())
      }),
    )
  })
})

const berlin = zoneOf('Europe/Berlin')

describe('windows of the calendar', () => {
  test.each<[string, CalendarUnit, number, string]>([
    ['2026-11-22T09:30:00.5Z', 'second', 1, '2026-11-22T09:30:00Z'],
    ['2026-11-22T09:38:00Z', 'minute', 15, '2026-11-22T09:30:00Z'],
    ['2026-11-22T09:30:00Z', 'day', 1, '2026-11-22T00:00:00Z'],
    ['2026-11-22T09:30:00Z', 'week', 1, '2026-11-16T00:00:00Z'],
    ['2026-11-16T00:00:00Z', 'week', 1, '2026-11-16T00:00:00Z'],
    ['1969-12-31T23:59:59Z', 'week', 2, '1969-12-22T00:00:00Z'],
    ['2024-02-29T23:00:00Z', 'month', 1, '2024-02-01T00:00:00Z'],
    ['2024-02-29T23:00:00Z', 'quarter', 1, '2024-01-01T00:00:00Z'],
    ['2024-12-31T23:00:00Z', 'month', 5, '2024-08-01T00:00:00Z'],
    ['1969-12-31T23:00:00Z', 'year', 1, '1969-01-01T00:00:00Z'],
    ['1999-12-31T23:00:00Z', 'year', 10, '1990-01-01T00:00:00Z'],
    ['1700-03-01T00:00:00Z', 'month', 1, '1700-03-01T00:00:00Z'],
  ])('%s by %s is in the window of %i from %s', (time, unit, count, start) => {
    expect(shown(windowStart(at(time), { unit, count }))).toBe(start)
  })

  test('a day at a change of the clock has 23 or 25 hours', () => {
    const hours = (from: string): number => {
      const start = windowStart(at(from), { unit: 'day', count: 1 }, berlin)
      return Number((nextWindow(start, { unit: 'day', count: 1 }, berlin) - start) / (3600n * SECOND))
    }
    expect([hours('2026-03-29T12:00:00Z'), hours('2026-10-25T12:00:00Z'), hours('2026-10-26T12:00:00Z')]).toEqual([
      23, 25, 24,
    ])
  })

  test('an hour that the clock shows twice is two windows', () => {
    const hour = { unit: 'hour', count: 1 } as const
    const starts = windowStarts({ start: at('2026-10-25T00:00:00Z'), end: at('2026-10-25T03:00:00Z') }, hour, berlin, 9)
    expect(starts.map(shown)).toEqual(['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'])
  })

  test('a day that begins after a leap of the clock begins there', () => {
    const start = windowStart(at('2018-11-04T12:00:00Z'), { unit: 'day', count: 1 }, zoneOf('America/Sao_Paulo'))
    expect(shown(start)).toBe('2018-11-04T03:00:00Z')
  })

  test('a date that a zone left out has no window', () => {
    const apia = zoneOf('Pacific/Apia')
    const range = { start: at('2011-12-29T12:00:00Z'), end: at('2011-12-31T12:00:00Z') }
    expect(windowStarts(range, { unit: 'day', count: 1 }, apia, 9).map(shown)).toEqual([
      '2011-12-29T10:00:00Z',
      '2011-12-30T10:00:00Z',
      '2011-12-31T10:00:00Z',
    ])
  })

  test('windows follow each other without gap, in every zone', () => {
    const units = fc.constantFrom<CalendarUnit>('hour', 'day', 'week', 'month', 'quarter', 'year')
    const names = fc.constantFrom(...new Set(DAYS.map(([zone]) => zone)))
    const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 })
    fc.assert(
      fc.property(names, units, fc.integer({ min: 1, max: 5 }), seconds, (name, unit, count, second) => {
        const zone = zoneOf(name)
        const time = BigInt(second) * SECOND
        const start = windowStart(time, { unit, count }, zone)
        expect(start <= time).toBe(true)
        expect(windowStart(start, { unit, count }, zone)).toBe(start)
        if (unit === 'hour') return
        const next = nextWindow(start, { unit, count }, zone)
        expect(next > time).toBe(true)
        expect(windowStart(next - 1n, { unit, count }, zone)).toBe(start)
      }),
    )
  })

  test('refuses more windows than asked for', () => {
    const range = { start: 0n, end: 10n * SECOND }
    expect(windowStarts(range, { unit: 'second', count: 1 }, UTC, 10)).toHaveLength(10)
    expect(() => windowStarts(range, { unit: 'second', count: 1 }, UTC, 9)).toThrow('more than 9 windows')
  })

  test('refuses a start before the least time', () => {
    expect(() => windowStart(MIN_TIME, { unit: 'year', count: 1 })).toThrow('a time before 1677')
    expect(shown(windowStart(MAX_TIME, { unit: 'year', count: 1 }))).toBe('2262-01-01T00:00:00Z')
  })
})

describe('adding units', () => {
  test.each<[string, CalendarUnit, number, string]>([
    ['2024-01-31T12:00:00Z', 'month', 1, '2024-02-29T12:00:00Z'],
    ['2023-01-31T12:00:00Z', 'month', 1, '2023-02-28T12:00:00Z'],
    ['2024-02-29T00:00:00Z', 'year', -1, '2023-02-28T00:00:00Z'],
    ['2024-02-29T00:00:00Z', 'year', 100, '2124-02-29T00:00:00Z'],
    ['1970-01-01T00:00:00Z', 'quarter', -1, '1969-10-01T00:00:00Z'],
    ['1969-12-31T23:59:59Z', 'day', 1, '1970-01-01T23:59:59Z'],
    ['2026-11-22T00:00:00Z', 'week', -2, '2026-11-08T00:00:00Z'],
  ])('%s moved by %s times %i is %s', (time, unit, count, moved) => {
    expect(shown(addUnits(at(time), { unit, count }))).toBe(moved)
  })

  test('keeps the time of the day where the clock changes, and leaps where it has no such time', () => {
    const day = { unit: 'day', count: 1 } as const
    expect(shown(addUnits(at('2026-03-28T11:00:00Z'), day, berlin))).toBe('2026-03-29T10:00:00Z')
    expect(shown(addUnits(at('2026-03-28T01:30:00Z'), day, berlin))).toBe('2026-03-29T01:30:00Z')
    expect(shown(addUnits(at('2026-10-24T00:30:00Z'), day, berlin))).toBe('2026-10-25T00:30:00Z')
  })

  test('refuses what no time can be', () => {
    expect(() => addUnits(MAX_TIME, { unit: 'nanosecond', count: 1 })).toThrow('after 2262')
    expect(() => addUnits(0n, { unit: 'year', count: 1_000_000_000 })).toThrow('after 2262')
    expect(() => addUnits(0n, { unit: 'day', count: -1_000_000_000 })).toThrow('a time before 1677')
  })
})

test('widths and units have the names of durations', () => {
  expect(parseWidth('15m')).toEqual({ unit: 'minute', count: 15 })
  expect(parseWidth('3mo')).toEqual({ unit: 'month', count: 3 })
  expect([parseWidth('0d'), parseWidth('1h30m'), parseWidth('5x'), parseWidth('9999999999y')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect([unitOf('Days'), unitOf('mo'), unitOf('m'), unitOf('fortnight')]).toEqual([
    'day',
    'month',
    'minute',
    undefined,
  ])
})

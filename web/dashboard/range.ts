/** A span of time up to now, with the window that gives it about 300 to 450 values. */
export interface Range {
  name: string
  lengthMs: number
  window: string
  windowMs: number
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export const RANGES: readonly Range[] = [
  { name: '5m', lengthMs: 5 * MINUTE, window: '1s', windowMs: SECOND },
  { name: '15m', lengthMs: 15 * MINUTE, window: '2s', windowMs: 2 * SECOND },
  { name: '1h', lengthMs: HOUR, window: '10s', windowMs: 10 * SECOND },
  { name: '6h', lengthMs: 6 * HOUR, window: '1m', windowMs: MINUTE },
  { name: '24h', lengthMs: 24 * HOUR, window: '5m', windowMs: 5 * MINUTE },
]

const STORAGE_KEY = 'tidemark.range'

export function rememberedRange(storage: Pick<Storage, 'getItem'>): Range {
  const [shortest] = RANGES
  const range = RANGES.find(({ name }) => name === storage.getItem(STORAGE_KEY)) ?? shortest
  if (range === undefined) throw new Error('there is no range to show')
  return range
}

export function rememberRange(storage: Pick<Storage, 'setItem'>, range: Range): void {
  storage.setItem(STORAGE_KEY, range.name)
}

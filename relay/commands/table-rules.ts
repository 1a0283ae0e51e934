import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../engine/core/time.ts'
import type { RollupRule, SeriesLimits } from '../../engine/engine.ts'

const NS_PER_MS = 1_000_000n

/** `--retention TABLE=DURATION`, which may be repeated. */
export function retentionOption(): Option {
  return new Option(
    '--retention <table=duration>',
    'keep rows of a table (or of a prefix*) for so long, such as cpu=30d',
  )
    .argParser((text: string, all: Record<string, number>) => ({ ...all, ...parseRetention(text) }))
    .default({}, 'for ever')
}

/** `--rollup TABLE=WIDTH[:DURATION],...`, which may be repeated. */
export function rollupOption(): Option {
  return new Option(
    '--rollup <table=widths>',
    'keep windows of a table (or of a prefix*) beside its rows, each width with how long, such as cpu=5m:90d,1h',
  )
    .argParser((text: string, all: Record<string, RollupRule[]>) => ({ ...all, ...parseRollup(text) }))
    .default({}, 'none')
}

/** `--max-series [TABLE=]COUNT`, which may be repeated. */
export function maxSeriesOption(): Option {
  return new Option(
    '--max-series <[table=]count>',
    'reject rows of series beyond so many, in all or of a table (or of a prefix*)',
  ).argParser((text: string, all: SeriesLimits | undefined) => withLimit(all ?? {}, text))
}

/** `--max-bytes SIZE`: what the store may take. */
export function maxBytesOption(): Option {
  return new Option(
    '--max-bytes <size>',
    'let segments and log take so much, such as 500MB or 20GB; appends that would pass it are refused, or see --evictable',
  ).argParser(bytesOf)
}

/** `--evictable TABLE`, which may be repeated: whose oldest rows go where `--max-bytes` is reached. */
export function evictableOption(): Option {
  return new Option(
    '--evictable <table>',
    'tables (or a prefix*) that are elsewhere too: where --max-bytes is reached their oldest rows go',
  )
    .argParser((text: string, all: readonly string[]) => [...all, ...text.split(',')])
    .default([], 'none')
}

const SIZES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KIB', 2 ** 10],
  ['MIB', 2 ** 20],
  ['GIB', 2 ** 30],
  ['TIB', 2 ** 40],
])

function bytesOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,15})\s*([A-Za-z]*)$/.exec(text) ?? []
  const bytes = Number(count) * (SIZES.get(unit.toUpperCase()) ?? Number.NaN)
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw new InvalidArgumentError(`'${text}' is not a size such as 500MB or 20GB.`)
}

function withLimit(all: SeriesLimits, text: string): SeriesLimits {
  if (!text.includes('=')) return { ...all, total: wholeNumber(text) }
  const [table, count] = splitRule(text, 'cpu=100000')
  return { ...all, tables: { ...all.tables, [table]: wholeNumber(count) } }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a whole number.`)
  return Number(text)
}

function parseRetention(text: string): Record<string, number> {
  const [table, duration] = splitRule(text, 'cpu=30d')
  return { [table]: milliseconds(duration) }
}

function parseRollup(text: string): Record<string, RollupRule[]> {
  const [table, widths] = splitRule(text, 'cpu=5m:90d,1h')
  const rules = widths.split(',').map((rule): RollupRule => {
    const [width = '', keep, ...rest] = rule.split(':')
    if (rest.length > 0)
      throw new InvalidArgumentError(`'${rule}' is not a width, or a width and a duration after a colon.`)
    return { everyMs: milliseconds(width), ...(keep !== undefined && { keepMs: milliseconds(keep) }) }
  })
  return { [table]: rules }
}

function splitRule(text: string, example: string): [table: string, rule: string] {
  const at = text.lastIndexOf('=')
  if (at < 1) throw new InvalidArgumentError(`It looks like ${example}.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function milliseconds(text: string): number {
  const nanoseconds = parseDuration(text)
  if (nanoseconds === undefined || nanoseconds === 0n || nanoseconds % NS_PER_MS !== 0n) {
    throw new InvalidArgumentError(`'${text}' is not a duration such as 90s, 5m or 30d of whole milliseconds.`)
  }
  return Number(nanoseconds / NS_PER_MS)
}

import { FIELDS, INTERVAL_SECONDS, type TsbsData } from './tsbs-data.ts'
import type { Answer, TsbsQuery } from './tsbs-queries.ts'

/** Number of the first tick at or after a second, clamped to the data. */
function tickAt(data: TsbsData, second: number): number {
  return Math.min(data.ticks, Math.max(0, Math.ceil((second - data.start) / INTERVAL_SECONDS)))
}

function windowOf(data: TsbsData, window: { start: number; end: number }): { first: number; end: number } {
  return { first: tickAt(data, window.start), end: tickAt(data, window.end) }
}

interface Group {
  key: number[]
  count: number
  sums: number[]
  maxima: number[]
}

/** Groups rows of the hosts between two ticks by bucket, and by host where asked. In order of first appearance. */
function groupRows(
  data: TsbsData,
  range: { first: number; end: number; hosts: readonly number[] },
  options: { fields: readonly string[]; bucketSeconds: number; byHost: boolean },
): Group[] {
  const columns = options.fields.map((name) => data.fields[FIELDS.indexOf(name)] ?? new Uint8Array())
  const groups = new Map<string, Group>()
  for (let tick = range.first; tick < range.end; tick++) {
    const second = data.start + tick * INTERVAL_SECONDS
    const bucket = second - (second % options.bucketSeconds)
    for (const host of range.hosts) {
      const key = options.byHost ? [bucket, host] : [bucket]
      let group = groups.get(key.join())
      if (group === undefined) {
        group = { key, count: 0, sums: columns.map(() => 0), maxima: columns.map(() => -Infinity) }
        groups.set(key.join(), group)
      }
      group.count++
      for (const [i, column] of columns.entries()) {
        const value = column[host * data.ticks + tick] ?? NaN
        group.sums[i] = (group.sums[i] ?? 0) + value
        group.maxima[i] = Math.max(group.maxima[i] ?? NaN, value)
      }
    }
  }
  return [...groups.values()]
}

function wholeRow(data: TsbsData, host: number, tick: number): number[] {
  const values = data.fields.map((values) => values[host * data.ticks + tick] ?? NaN)
  return [data.start + tick * INTERVAL_SECONDS, host, ...values]
}

function rowsAbove(data: TsbsData, query: Extract<TsbsQuery, { kind: 'rows-above' }>, all: readonly number[]): Answer {
  const end = tickAt(data, query.end)
  const rows: Answer = []
  for (let tick = tickAt(data, query.start); tick < end; tick++) {
    for (const host of query.hosts ?? all) {
      const row = wholeRow(data, host, tick)
      if ((row[2] ?? NaN) > query.threshold) rows.push(row)
    }
  }
  return rows
}

/** The right answer, by plain loops over plain arrays. */
export function reference(data: TsbsData, query: TsbsQuery): Answer {
  const all = Array.from({ length: data.hosts }, (_, host) => host)
  switch (query.kind) {
    case 'max-by-time': {
      const groups = groupRows(data, { ...windowOf(data, query), hosts: query.hosts }, { ...query, byHost: false })
      return groups.map((group) => [...group.key, ...group.maxima])
    }
    case 'mean-by-time-and-host': {
      const groups = groupRows(data, { ...windowOf(data, query), hosts: all }, { ...query, byHost: true })
      return groups.map((group) => [...group.key, ...group.sums.map((sum) => sum / group.count)])
    }
    case 'rows-above':
      return rowsAbove(data, query, all)
    case 'newest-rows':
      return all.map((host) => wholeRow(data, host, data.ticks - 1))
    case 'newest-buckets': {
      const window = windowOf(data, { start: data.start, end: query.end })
      const groups = groupRows(data, { ...window, hosts: all }, { ...query, fields: ['usage_user'], byHost: false })
      return groups.slice(-query.limit).map((group) => [...group.key, ...group.maxima])
    }
  }
}

import { beforeAll, expect, test } from 'vitest'
import { valueAt } from '../../../engine/core/batch.ts'
import { decodeSeriesKey } from '../../../engine/core/series.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { unpackKeys } from '../../../engine/kernel/key-batch.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { decodeColumn, decodeTimes } from '../../../engine/scan/merge-groups.ts'
import { encodedGroups } from '../../../engine/storage/table-groups.ts'
import { SHARDS, shardOf } from '../../../engine/worker/shard/shard-host.ts'
import { LineGrouping } from '../../../engine/worker/write/line-grouping.ts'
import type { LineGroups } from '../../../engine/worker/write/line-groups.ts'
import { PIECE_BYTES } from '../../../engine/worker/write/row-intake.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const OPTIONS = { precision: 's' as const, now: 0n }
const HOSTS = 3
const FIRST = 100_000_000
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const newGrouping = (): LineGrouping => new LineGrouping(kernel, [1n, 2n], HOSTS)

interface TextRow {
  table: string
  host: string
  time: bigint
  level: number
  count: bigint
}

function rowsInTurn(table: string, rows: number, hosts: number, from = FIRST): TextRow[] {
  return Array.from({ length: rows }, (_, i) => {
    const time = BigInt(from + i) * 1_000_000_000n
    return { table, host: `h${i % hosts}`, time, level: (i % 97) / 8, count: BigInt(i) * 12345678901n }
  })
}

function textOf(rows: readonly TextRow[]): string {
  return rows
    .map(({ table, host, time, level, count }) => {
      return `${table},host=${host},dc=east level=${level},count=${count}i ${time / 1_000_000_000n}\n`
    })
    .join('')
}

/** Rows of groups, by table and host, in their order. */
function rowsOf({ tables }: LineGroups): Map<string, TextRow[]> {
  const found = new Map<string, TextRow[]>()
  for (const { groups, keys } of tables) {
    const series = unpackKeys(keys).map((key) => decodeSeriesKey(key))
    for (const [i, group] of encodedGroups(groups).entries()) {
      const { table, tags } = series[groups.series[i] as number] ?? { table: '', tags: [] }
      expect(table).toBe(groups.table)
      const host = new Map(tags).get('host') ?? ''
      const columns = ['level', 'count'].map((name) => {
        const field = group.field(name)
        if (field === undefined) throw new Error(`there is no ${name}`)
        return decodeColumn(field, name, kernel)
      })
      const rows = Array.from(decodeTimes(group, kernel), (time, row): TextRow => {
        const [level, count] = columns.map((column) => valueAt(column, row))
        return { table, host, time, level: level as number, count: count as bigint }
      })
      found.set(`${table} ${host}`, [...(found.get(`${table} ${host}`) ?? []), ...rows])
    }
  }
  return found
}

function byHost(rows: readonly TextRow[]): Map<string, TextRow[]> {
  const found = new Map<string, TextRow[]>()
  for (const row of rows) found.set(`${row.table} ${row.host}`, [...(found.get(`${row.table} ${row.host}`) ?? []), row])
  return found
}

test('text of one piece or several, one after the other, gives its rows by series, those of a host of the store together', async () => {
  const grouping = newGrouping()
  const bodies = [
    rowsInTurn('cpu', 30_000, 40),
    [...rowsInTurn('cpu', 2000, 10, 2 * FIRST), ...rowsInTurn('mem', 2000, 20)],
    rowsInTurn('cpu', 7000, 70, 3 * FIRST),
  ]
  expect(textOf(bodies[0] ?? []).length).toBeGreaterThan(PIECE_BYTES)
  for (const body of bodies) {
    const groups = await grouping.group(encode(textOf(body)), OPTIONS)
    if (groups === undefined) throw new Error('the text was left as it is')
    expect(groups.rows).toBe(body.length)
    expect(rowsOf(groups)).toEqual(byHost(body))
    for (const { groups: each, tags, keys } of groups.tables) {
      expect(tags.toSorted()).toEqual(['dc', 'host'])
      const all = unpackKeys(keys)
      const owners = Array.from(each.series, (place) => shardOf(all[place] as Uint8Array, kernel) % HOSTS)
      expect(owners).toEqual(owners.toSorted())
      expect(SHARDS).toBe(64)
    }
  }
})

test.each([
  ['a row is rejected', 'cpu,host=h1 level=x 5\n'],
  ['a field is a string', 'cpu,host=h1 level=1,count=1i,name="a" 5\n'],
  ['a field is missing', 'cpu,host=h1 level=1 5\n'],
  ['a time does not rise', 'cpu,host=h1,dc=east level=1,count=2i 5\ncpu,host=h1,dc=east level=1,count=2i 5\n'],
  ['a time looks like another precision', 'cpu,host=h1,dc=east level=1,count=2i 1\n'],
  ['a series is written in two ways', 'cpu,dc=east,host=h1 level=1,count=2i 900000000\n'],
  ['another table has few rows of each series', 'mem,host=a level=1 5\n'],
])('text is left as it is where %s', async (_, line) => {
  expect(await newGrouping().group(encode(textOf(rowsInTurn('cpu', 2000, 10)) + line), OPTIONS)).toBeUndefined()
})

test('few rows of each series are left as they are, and what follows is not confused with them', async () => {
  const grouping = newGrouping()
  expect(await grouping.group(encode(textOf(rowsInTurn('cpu', 2000, 100))), OPTIONS)).toBeUndefined()
  const rows = rowsInTurn('cpu', 2000, 10, 2 * FIRST)
  const groups = await grouping.group(encode(textOf(rows)), OPTIONS)
  expect(groups && rowsOf(groups)).toEqual(byHost(rows))
})

test('after more series than are remembered, series are told apart as before', async () => {
  const grouping = newGrouping()
  const first = rowsInTurn('cpu', 2000, 10)
  expect(await grouping.group(encode(textOf(first)), OPTIONS)).toBeDefined()
  for (let i = 0; i < 4; i++) {
    const many = Array.from({ length: 20_000 }, (_, at) => `cpu,host=x${i * 20_000 + at} level=1,count=2i 5\n`)
    expect(await grouping.group(encode(many.join('')), OPTIONS)).toBeUndefined()
  }
  const later = rowsInTurn('cpu', 3000, 20, 2 * FIRST)
  const groups = await grouping.group(encode(textOf(later)), OPTIONS)
  expect(groups && rowsOf(groups)).toEqual(byHost(later))
})

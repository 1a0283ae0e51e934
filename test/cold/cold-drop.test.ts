import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import { rollupTable } from '../../engine/core/rollup.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, rows } from '../support/cold-rows.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { S3Server } from '../support/s3-server.ts'

const WIDTH = 3_600_000_000_000n
const RULES = { '*': { afterMs: 0 }, [rollupTable('*', WIDTH)]: { afterMs: 0 } }
const DROP = { kind: 'drop' } as const
const OTHER = `other,host=a v=1 ${FIRST_DAY}`

let server: S3Server
let contents: MemoryContents
let engine: EngineOverStore

beforeEach(async () => {
  server = await S3Server.start()
  contents = emptyMemoryContents()
  await open()
})

afterEach(async () => {
  await engine.close()
  await server.close()
})

async function open(withTiers = true): Promise<void> {
  // Nobody closes what a crash has ended.
  contents.open = false
  const now = FIRST_DAY + 10n * DAY_NS
  const tiers = withTiers ? { tiers: tiersOn(server, 'p', RULES) } : {}
  engine = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, ...tiers })
}

async function reopen(withTiers?: boolean): Promise<void> {
  await engine.close()
  await open(withTiers)
}

/** Days 0 and 1 of `cpu`, a row of `other`, cold; and day 2 of `cpu`, here. */
async function fill(): Promise<void> {
  for (const day of [0, 1]) await engine.appendLines(dayLines(day))
  await engine.appendLines(OTHER)
  await engine.writer.moveToCold()
  await engine.appendLines(dayLines(2))
}

async function tables(): Promise<string[]> {
  return (await engine.writer.catalog()).tables.map(({ name }) => name)
}

async function rowsOfOther(): Promise<number> {
  const plan = { kind: 'rows', table: 'other', matchers: [], tags: [], fields: ['v'], order: 'asc' } as const
  let found = 0
  for await (const batch of engine.queryable.rows({ ...plan, start: 0n, end: 2n ** 62n })) found += batch.rows
  return found
}

function filesOf(table: string): string[] {
  return filesBelow(server, 'p').filter((key) => key.includes(`table=${table}/`))
}

test('a table that is cold in part is dropped with its files, and no other', async () => {
  await fill()
  expect(filesOf('cpu')).not.toEqual([])
  expect(await engine.writer.changeTable('cpu', DROP)).toBe(true)
  expect(await tables()).toEqual(['other'])
  expect(filesOf('cpu')).toEqual([])
  expect(filesOf('other')).toHaveLength(1)
  await reopen()
  expect(await tables()).toEqual(['other'])
  expect(await rows(engine)).toEqual([])
  expect(await rowsOfOther()).toBe(1)
})

test('its name comes back with other types, here and in the cold tier', async () => {
  await fill()
  await engine.writer.changeTable('cpu', DROP)
  await engine.appendLines(`cpu,n=tag host="field",v=7i ${FIRST_DAY}`)
  await engine.writer.moveToCold()
  expect(filesOf('cpu')).toHaveLength(1)
  await reopen()
  expect((await engine.writer.catalog()).tables.find(({ name }) => name === 'cpu')).toMatchObject({
    tags: ['n'],
    fields: [
      { name: 'host', type: 'string' },
      { name: 'v', type: 'i64' },
    ],
  })
})

test('windows of it that are cold go with it', async () => {
  const rollup = { everyMs: Number(WIDTH / 1_000_000n) }
  await engine.appendLines(dayLines(0))
  await engine.writer.changeTable('cpu', { kind: 'add rollup', rollup })
  await engine.writer.compact()
  await engine.writer.moveToCold()
  expect(filesBelow(server, 'p').length).toBeGreaterThan(filesOf('cpu').length)
  await engine.writer.changeTable('cpu', DROP)
  expect(filesBelow(server, 'p')).toEqual([])
})

test('where the place fails its rows are gone and its name is not; it may be dropped again, also after a crash', async () => {
  await fill()
  server.fault = ({ method }) => (method === 'PUT' ? 403 : undefined)
  await expect(async () => engine.writer.changeTable('cpu', DROP)).rejects.toMatchObject({ kind: 'auth' })
  expect(await tables()).toEqual(['cpu', 'other'])
  expect(await rows(engine)).toEqual([])
  server.fault = () => undefined
  await open()
  expect(await rows(engine)).toEqual([])
  expect(await engine.writer.changeTable('cpu', DROP)).toBe(true)
  expect(await tables()).toEqual(['other'])
  expect(filesOf('cpu')).toEqual([])
})

test('files that could not be removed are removed by a later run', async () => {
  await fill()
  server.fault = ({ method }) => (method === 'DELETE' ? 403 : undefined)
  await expect(async () => engine.writer.changeTable('cpu', DROP)).rejects.toMatchObject({ kind: 'auth' })
  expect(filesOf('cpu')).not.toEqual([])
  server.fault = () => undefined
  await reopen()
  expect(await rows(engine)).toEqual([])
  await engine.writer.changeTable('cpu', DROP)
  await engine.writer.compact()
  expect(filesOf('cpu')).toEqual([])
  expect(await rowsOfOther()).toBe(1)
})

test('a store that is opened without its cold tier drops no table that is cold', async () => {
  await fill()
  await reopen(false)
  await expect(async () => engine.writer.changeTable('cpu', DROP)).rejects.toThrow('cannot be written')
  expect(await tables()).toEqual(['cpu', 'other'])
})

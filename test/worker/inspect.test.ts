import { cp, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Engine, inspectStore, openEngine } from '../../engine/engine.ts'
import { printReport } from '../../relay/commands/inspect.ts'

let folder: string
let engine: Engine

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-inspect-'))
  engine = await openEngine({ store: { kind: 'files', directory: folder }, workers: 0 })
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `cpu,host=h${i % 3} usage=${i % 100},n=${i}i ${i * 1_000_000_000}`,
  )
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
  await engine.flush()
  await engine.query("CREATE TABLE rooms (t f64 UNIT 'K')")
  await engine.append({ kind: 'line-protocol', body: 'rooms t=1 1' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

/** Every file of a folder, with its bytes and when it changed. */
async function contents(of: string): Promise<[string, string, number][]> {
  const names = (await readdir(of, { recursive: true })).sort()
  const found: [string, string, number][] = []
  for (const name of names) {
    const info = await stat(join(of, name))
    if (info.isFile()) found.push([name, (await readFile(join(of, name))).toString('base64'), info.mtimeMs])
  }
  return found
}

/** Paths of what this process has open; none where the platform does not tell. */
async function openFiles(): Promise<string[]> {
  const handles = await readdir('/proc/self/fd').catch(() => [])
  return Promise.all(handles.map((handle) => readlink(join('/proc/self/fd', handle)).catch(() => '')))
}

const segmentsOf = async (of: string): Promise<string[]> =>
  (await readdir(join(of, 'blobs'))).filter((name) => name.endsWith('.seg'))

test('a store that is open is reported and not touched', async () => {
  await writeFile(join(folder, 'blobs', '~9-9'), 'what a put has begun')
  const before = await contents(folder)
  const report = await inspectStore(folder)
  expect(await contents(folder)).toEqual(before)
  expect(report.damage).toEqual([])
  expect(report.segments).toHaveLength(1)
  expect(report.tables).toMatchObject([{ table: 'cpu', rows: 3000, series: 3, start: 0n, end: 2_999_000_000_000n }])
  const values = report.tables[0]?.encodings.reduce((sum, use) => sum + use.values, 0)
  expect(values).toBe(3 * 3000)
  expect(report.log.reduce((sum, { records }) => sum + records, 0)).toBeGreaterThanOrEqual(2)
  const samples = report.tables[0]?.samples.map(({ column }) => column).sort()
  expect(samples).toEqual(['n', 'time', 'usage'])
  for (const { storedBytes, plainBytes } of report.tables[0]?.samples ?? [])
    expect(storedBytes).toBeLessThan(plainBytes)
  await engine.query('SELECT count(*) FROM cpu')
})

test('a report is printed', async () => {
  const text = printReport(await inspectStore(folder))
  expect(text).toContain('table cpu: 3000 rows of 3 series, 1970-01-01T00:00:00.000000000Z')
  expect(text).toContain('no damage was found')
})

test('one segment is reported by itself, and left closed', async () => {
  const [name = ''] = await segmentsOf(folder)
  const alone = join(folder, name)
  await cp(join(folder, 'blobs', name), alone)
  const report = await inspectStore(alone)
  expect(report.tables).toMatchObject([{ table: 'cpu', rows: 3000, series: 3 }])
  expect(report.damage).toEqual([])
  expect(await openFiles()).not.toContain(alone)
})

describe('damage is told with its place', () => {
  let copy: string
  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'tidemark-inspect-copy-'))
    await cp(folder, copy, { recursive: true })
  })
  afterEach(() => rm(copy, { recursive: true, force: true }))

  test.each([100, 2000, 5000])('of a segment, at byte %d', async (at) => {
    const [name = ''] = await segmentsOf(copy)
    const path = join(copy, 'blobs', name)
    const bytes = await readFile(path)
    const place = at % bytes.length
    bytes[place] = (bytes[place] as number) ^ 0x10
    await writeFile(path, bytes)
    expect((await inspectStore(copy)).damage.map(({ where }) => where)).toEqual([name])
  })

  test('of a segment that is missing, and of the manifest', async () => {
    const [name = ''] = await segmentsOf(copy)
    await rm(join(copy, 'blobs', name))
    expect((await inspectStore(copy)).damage).toMatchObject([{ where: name }])
    await writeFile(join(copy, 'blobs', 'manifest.json'), '{}')
    const report = await inspectStore(copy)
    expect(report.manifest).toBeUndefined()
    expect(report.damage.map(({ where }) => where)).toContain('manifest.json')
  })

  test('of a manifest that is gone, and of a log that ends before what it says', async () => {
    const [name = ''] = await readdir(join(copy, 'log'))
    const path = join(copy, 'blobs', 'manifest.json')
    const manifest = await readFile(path)
    await rm(path)
    const { logStart } = (await inspectStore(folder)).manifest ?? {}
    expect((await inspectStore(copy)).damage).toEqual([
      {
        where: 'manifest.json',
        what: `the log goes on at record ${logStart}, a store without a manifest wants it from 0 on`,
      },
    ])
    await writeFile(path, manifest)
    expect((await inspectStore(copy)).damage).toEqual([])
    const renamed = '0'.repeat(16)
    await writeFile(join(copy, 'log', `${renamed}.log`), (await readFile(join(copy, 'log', name))).subarray(0, 20))
    await rm(join(copy, 'log', name))
    expect((await inspectStore(copy)).damage.map(({ where }) => where)).toEqual([`${renamed}.log`])
  })

  test('of a segment that is too short to be one', async () => {
    const path = join(copy, 'short.seg')
    await writeFile(path, '')
    expect((await inspectStore(path)).damage).toEqual([
      { where: 'short.seg', what: 'it has 0 bytes, expected 16 at least' },
    ])
  })

  test('of a log that goes on behind it', async () => {
    const [name = ''] = (await readdir(join(copy, 'log'))).sort()
    const path = join(copy, 'log', name)
    const bytes = await readFile(path)
    bytes[40] = (bytes[40] as number) ^ 1
    await writeFile(path, bytes)
    expect((await inspectStore(copy)).damage.map(({ where }) => where)).toContain(name)
  })
})

test('what is no store is refused with a sentence', async () => {
  await expect(inspectStore(join(folder, 'none'))).rejects.toMatchObject({ kind: 'io' })
  await expect(inspectStore(join(folder, 'log'))).rejects.toMatchObject({ kind: 'invalid' })
})

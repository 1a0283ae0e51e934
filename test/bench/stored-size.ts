/**
 * Bytes that values take in a store: `node scripts/run.mjs node test/bench/stored-size.ts`. Loads TSBS data through the engine
 * into files, as integers and with two decimals, and prints bytes a value after a flush and after a compaction, with
 * everything: segments, manifest, log. `--hosts 100 --hours 24` takes one data set, `--decimals` the one of decimals.
 */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openEngine } from '../../engine/engine.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { blockEncoding, blockPayloadBytes, blockType, HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { ByteReader } from '../../engine/storage/byte-reader.ts'
import { SEGMENT_FOOTER_BYTES } from '../../engine/storage/segment-format.ts'
import { SegmentHeaders } from '../../engine/storage/segment-headers.ts'
import { readSegmentIndex } from '../../engine/storage/segment-index.ts'
import { normalStream, randomStream } from './random.ts'
import { arrivalBatches, FIELDS, generate, TAGS, type TsbsData } from './tsbs-data.ts'

const DENSE_MODE = 10
const SEED = 123

interface Sizes {
  total: number
  /** Bytes of payloads by what they are. */
  payloads: Map<string, number>
  blocks: number
  /** Bytes of the indexes of segments, headers of blocks and models included. */
  indexes: number
}

/** The walks of the data with two decimals instead of none: [field][host * ticks + tick]. */
function decimalWalks(data: TsbsData): Float64Array[] {
  const fields = FIELDS.map(() => new Float64Array(data.rows))
  for (let host = 0; host < data.hosts; host++) {
    const random = randomStream(data.seed, host)
    const step = normalStream(random)
    for (const values of fields) {
      let state = random() * 100
      for (let tick = 0; tick < data.ticks; tick++) {
        values[host * data.ticks + tick] = Math.round(state * 100) / 100
        state = Math.min(100, Math.max(0, state + step()))
      }
    }
  }
  return fields
}

async function measure(data: TsbsData, decimals: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-size-'))
  try {
    const engine = await openEngine({ store: { kind: 'files', directory: folder }, workers: 0 })
    await load(engine, data, decimals)
    const name = `${data.hosts} hosts x ${data.hours} h, ${decimals ? 'two decimals' : 'integers'}`
    await engine.flush()
    console.log(describe(`${name}, flushed`, data, await sizesOf(folder)))
    const before = process.cpuUsage()
    await engine.compact()
    const { user, system } = process.cpuUsage(before)
    console.log(describe(`${name}, compact`, data, await sizesOf(folder)))
    console.log(`  compaction: ${(((user + system) * 1000) / data.values).toFixed(0)} ns of CPU time a value`)
    await engine.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function load(engine: Awaited<ReturnType<typeof openEngine>>, data: TsbsData, decimals: boolean): Promise<void> {
  const walks = decimals ? decimalWalks(data) : []
  const tags = TAGS.map((name, tag) => ({ name, dictionary: data.tags.map((values) => values[tag] ?? '') }))
  for (const { rows, time, hosts, fields } of arrivalBatches(data)) {
    const codes = Uint32Array.from(hosts)
    const firstTick = Number(time[0] ?? 0n) / 1e9 - data.start
    const columns = FIELDS.map((name, field) => {
      const values = fields[field]
      if (values === undefined) throw new Error('a field has no values')
      if (!decimals) return { name, type: 'i64' as const, values }
      const walk = walks[field] ?? new Float64Array()
      const placeOf = (row: number): number =>
        (hosts[row] ?? 0) * data.ticks + firstTick / 10 + Math.floor(row / data.hosts)
      return {
        name,
        type: 'f64' as const,
        values: Float64Array.from({ length: rows }, (_, row) => walk[placeOf(row)] ?? 0),
      }
    })
    await engine.append({
      kind: 'columns',
      rows: {
        table: 'cpu',
        time,
        tags: tags.map(({ name, dictionary }) => ({ name, type: 'string' as const, values: codes, dictionary })),
        fields: columns,
      },
    })
  }
}

async function sizesOf(folder: string): Promise<Sizes> {
  const kernel = await Kernel.create(await loadCore())
  const sizes: Sizes = { total: 0, payloads: new Map(), blocks: 0, indexes: 0 }
  for (const entry of await readdir(folder, { recursive: true })) {
    const path = join(folder, entry)
    const info = await stat(path)
    if (info.isFile()) sizes.total += info.size
    if (entry.endsWith('.seg')) addSegment(sizes, new Uint8Array(await readFile(path)), kernel)
  }
  return sizes
}

function addSegment(sizes: Sizes, bytes: Uint8Array, kernel: Kernel): void {
  const view = new DataView(bytes.buffer)
  const start = view.getUint32(bytes.length - SEGMENT_FOOTER_BYTES, true)
  const index = bytes.subarray(start, bytes.length - SEGMENT_FOOTER_BYTES)
  const source = { reader: new ByteReader(index, 'an index'), indexStart: start, version: view.getUint16(4, true) }
  const adopter = { index: new SeriesIndex(kernel), adopts: () => false }
  const { places, chunks } = readSegmentIndex(source, kernel, adopter)
  for (let chunk = 0; chunk + 1 < chunks.series.length; chunk++) {
    const packed = bytes.subarray(chunks.bytes[chunk], chunks.bytes[chunk + 1])
    const what = { what: 'headers', version: source.version, bytes: packed }
    addBlocks(sizes, SegmentHeaders.read(what, places.layouts, { chunks, chunk }, kernel))
  }
  sizes.indexes += bytes.length - SEGMENT_FOOTER_BYTES - (chunks.payloads.at(-1) ?? 0)
}

function addBlocks(sizes: Sizes, { view, headers }: SegmentHeaders): void {
  for (let block = 0; block * HEADER_BYTES < headers.length; block++) {
    const family = (blockEncoding(view, block) & 15) === DENSE_MODE ? 'dense' : 'fast'
    const what = `${family} ${blockType(view, block) ?? 'absent'}`
    sizes.payloads.set(what, (sizes.payloads.get(what) ?? 0) + blockPayloadBytes(view, block))
    sizes.blocks++
  }
}

function describe(name: string, { values }: TsbsData, { total, payloads, blocks, indexes }: Sizes): string {
  const each = (bytes: number): string => (bytes / values).toFixed(4)
  const parts = [...payloads].map(([what, bytes]) => `${what} ${each(bytes)}`)
  parts.push(`indexes ${each(indexes)} (${(indexes / blocks).toFixed(1)} bytes a block)`)
  return `${name}: ${each(total)} bytes a value; ${parts.join(', ')}`
}

const { values: options } = parseArgs({
  options: { hosts: { type: 'string' }, hours: { type: 'string' }, decimals: { type: 'boolean' } },
})
const asked = options.hosts !== undefined || options.hours !== undefined || options.decimals !== undefined
const shape = { hosts: Number(options.hosts ?? 100), hours: Number(options.hours ?? 24), seed: SEED }
if (asked) await measure(generate(shape), options.decimals === true)
else {
  await measure(generate(shape), false)
  await measure(generate(shape), true)
  await measure(generate({ hosts: 4000, hours: 1, seed: SEED }), false)
}

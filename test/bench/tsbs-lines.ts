import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { FIELDS, INTERVAL_SECONDS, TAGS, type TsbsData } from './tsbs-data.ts'

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'bench')
/** Part of the cached file's name: to be raised when the generator's output changes. */
const GENERATOR_VERSION = 1
const NEWLINE = 10

/** The line protocol of one tick: one line a host. */
function tickLines(data: TsbsData, heads: readonly string[], tick: number): string {
  const time = `${data.start + tick * INTERVAL_SECONDS}000000000`
  let text = ''
  for (let host = 0; host < data.hosts; host++) {
    const at = host * data.ticks + tick
    let line = `${heads[host]}${FIELDS[0]}=${data.fields[0]?.[at]}i`
    for (let field = 1; field < FIELDS.length; field++) line += `,${FIELDS[field]}=${data.fields[field]?.[at]}i`
    text += `${line} ${time}\n`
  }
  return text
}

/** Line protocol of the whole data set, tick by tick. */
export function* lineProtocol(data: TsbsData): Generator<string> {
  const heads = data.tags.map((tags) => `cpu,${TAGS.map((tag, i) => `${tag}=${tags[i]}`).join(',')} `)
  for (let tick = 0; tick < data.ticks; tick++) yield tickLines(data, heads, tick)
}

/** The path of the data set as a file of line protocol, which is written when it is not there yet. */
export function lineProtocolFile(data: TsbsData): string {
  const path = join(CACHE, `cpu-v${GENERATOR_VERSION}-${data.hosts}x${data.hours}h-seed${data.seed}.lp`)
  if (existsSync(path)) return path
  mkdirSync(dirname(path), { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const file = openSync(unfinished, 'w')
  try {
    for (const text of lineProtocol(data)) writeSync(file, text)
    closeSync(file)
    renameSync(unfinished, path)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  return path
}

/** The file's text in batches of `lines` lines; each owns its buffer, so that it can be transferred to a worker. */
export function readLineBatches(path: string, lines = 10_000): Uint8Array<ArrayBuffer>[] {
  if (statSync(path).size > 1.5e9) throw new RangeError(`${path} does not fit into memory as a whole: use fewer hosts`)
  const text = readFileSync(path)
  const batches: Uint8Array<ArrayBuffer>[] = []
  let from = 0
  while (from < text.length) {
    let end = from
    for (let line = 0; line < lines && end < text.length; line++) end = text.indexOf(NEWLINE, end) + 1
    batches.push(new Uint8Array(text.subarray(from, end)))
    from = end
  }
  return batches
}

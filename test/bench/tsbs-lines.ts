import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
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

const PIECE_BYTES = 64 << 20

/** The file's text in batches of `lines` lines; each owns its buffer, so that it can be transferred to a worker. */
export function readLineBatches(path: string, lines = 10_000): Uint8Array<ArrayBuffer>[] {
  const batches: Uint8Array<ArrayBuffer>[] = []
  const file = openSync(path, 'r')
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let held = 0; ; ) {
      const read = readSync(file, piece, held, PIECE_BYTES - held, null)
      const text = piece.subarray(0, held + read)
      let from = 0
      for (let end = endOfLines(text, from, lines); end !== undefined; end = endOfLines(text, from, lines)) {
        batches.push(new Uint8Array(text.subarray(from, end)))
        from = end
      }
      if (read === 0) {
        if (from < text.length) batches.push(new Uint8Array(text.subarray(from)))
        return batches
      }
      if (from === 0 && held + read === PIECE_BYTES)
        throw new RangeError(`${lines} lines of ${path} are too many at once`)
      held = text.copy(piece, 0, from)
    }
  } finally {
    closeSync(file)
  }
}

/** Where so many lines from a place on end; `undefined` where there are fewer. */
function endOfLines(text: Buffer, from: number, lines: number): number | undefined {
  let end = from
  for (let line = 0; line < lines; line++) {
    const at = text.indexOf(NEWLINE, end)
    if (at < 0) return undefined
    end = at + 1
  }
  return end
}

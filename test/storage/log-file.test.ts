import { crc32 } from 'node:zlib'
import { array, assert, constantFrom, integer, property, tuple, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLogFrames, encodeLogHeader, type LogScan, scanLogFile } from '../../engine/storage/log-file.ts'
import { patterned } from '../support/patterned.ts'

const HEADER = 20
const FRAME = 16

interface Sample {
  bytes: Uint8Array
  /** Start of each frame, and the file's end. */
  offsets: number[]
  records: Uint8Array[]
}

/** A file as a store would have written it, commit by commit. */
function logFile(first: number, commits: readonly (readonly Uint8Array[])[]): Sample {
  const parts = [encodeLogHeader(first, crc32)]
  const offsets: number[] = []
  let at = HEADER
  let position = first
  for (const commit of commits) {
    parts.push(encodeLogFrames(commit, position, crc32))
    position += commit.length
    for (const record of commit) {
      offsets.push(at)
      at += FRAME + record.byteLength
    }
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), offsets: [...offsets, at], records: commits.flat() }
}

function scan(bytes: Uint8Array, first: number, next?: number): LogScan {
  return scanLogFile(bytes, { name: 'log', first, checksum: crc32, ...(next !== undefined && { next }) })
}

/** Positions of the frames, after a check that each has its record's bytes. */
function positions(found: LogScan, sample: { bytes: Uint8Array; records: Uint8Array[]; first: number }): number[] {
  return found.frames.map(({ position, start, end }) => {
    expect(Buffer.from(sample.bytes.subarray(start, end))).toEqual(
      Buffer.from(sample.records[position - sample.first] ?? []),
    )
    return position
  })
}

const FIRST = 2 ** 32 + 5
const sample = logFile(FIRST, [
  [patterned(10, 0)],
  [patterned(0, 1), patterned(33, 2)],
  [patterned(5, 3)],
  [patterned(8, 4), patterned(21, 5)],
])
/** Position of the first record of the last commit. */
const LAST_COMMIT = FIRST + 4

describe('bytes of a log file', () => {
  test('are those that the format draws', () => {
    const record = new Uint8Array([0xaa, 0xbb, 0xcc])
    const header = Buffer.alloc(20)
    header.write('TMLG', 0, 'latin1')
    header.writeUInt32LE(1, 4)
    header.writeBigUInt64LE(BigInt(FIRST), 8)
    header.writeUInt32LE(crc32(header.subarray(0, 16)), 16)
    expect(Buffer.from(encodeLogHeader(FIRST, crc32)).toString('hex')).toBe(header.toString('hex'))
    const frame = Buffer.alloc(19)
    frame.writeUInt32LE(3, 4)
    frame.writeUIntLE(FIRST + 1, 8, 6)
    frame.writeUInt16LE(1, 14)
    frame.set(record, 16)
    frame.writeUInt32LE(crc32(frame.subarray(4)), 0)
    const frames = encodeLogFrames([new Uint8Array(2), record], FIRST, crc32)
    expect(Buffer.from(frames.subarray(18)).toString('hex')).toBe(frame.toString('hex'))
  })

  test('of an unknown version are refused', () => {
    const bytes = Buffer.from(encodeLogHeader(0, crc32))
    bytes.writeUInt32LE(2, 4)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16)
    expect(() => scan(bytes, 0)).toThrow(expect.objectContaining({ kind: 'invalid' }))
  })

  test('under the name of another file are told of', () => {
    const found = scan(sample.bytes, FIRST - 1)
    expect(found.damage[0]?.message).toContain(`record ${FIRST} comes first`)
  })
})

describe('the last log file', () => {
  test('cut at any byte gives its whole records and no damage', () => {
    for (let cut = 0; cut <= sample.bytes.byteLength; cut++) {
      const found = scan(sample.bytes.subarray(0, cut), FIRST)
      const whole = sample.offsets.filter((offset) => offset <= cut).length - 1
      expect(found.frames.length, `cut at ${cut}`).toBe(Math.max(whole, 0))
      expect(found.damage).toEqual([])
      expect(found.end).toBe(sample.offsets[Math.max(whole, 0)])
      expect(found.next).toBe(FIRST + Math.max(whole, 0))
    }
  })

  test('with any bit flipped loses the one record in an earlier commit, and says so', () => {
    for (let bit = HEADER * 8; bit < (sample.offsets[4] ?? 0) * 8; bit++) {
      const bytes = flipped(sample.bytes, bit)
      const found = scan(bytes, FIRST)
      const lost = FIRST + sample.offsets.findLastIndex((offset) => offset * 8 <= bit)
      const expected = sample.records.map((_, i) => FIRST + i).filter((position) => position !== lost)
      expect(positions(found, { ...sample, first: FIRST }), `bit ${bit}`).toEqual(expected)
      expect(found.damage).toMatchObject([{ position: lost, records: 1 }])
      expect(found.next).toBe(FIRST + sample.records.length)
      expect(found.end).toBe(bytes.byteLength)
    }
  })

  test('with any bit of its last commit flipped ends quietly before that record', () => {
    for (let bit = (sample.offsets[4] ?? 0) * 8; bit < sample.bytes.byteLength * 8; bit++) {
      const found = scan(flipped(sample.bytes, bit), FIRST)
      const lost = FIRST + sample.offsets.findLastIndex((offset) => offset * 8 <= bit)
      expect(found.frames.at(-1)?.position, `bit ${bit}`).toBe(lost - 1)
      expect(lost).toBeGreaterThanOrEqual(LAST_COMMIT)
      expect(found.damage).toEqual([])
      expect(found.next).toBe(lost)
      expect(found.end).toBe(sample.offsets[lost - FIRST])
    }
  })

  test('with any bit of its header flipped gives every record, and says so', () => {
    for (let bit = 0; bit < HEADER * 8; bit++) {
      const found = scan(flipped(sample.bytes, bit), FIRST)
      expect(found.frames.length).toBe(sample.records.length)
      expect(found.damage).toMatchObject([{ position: FIRST, records: 0 }])
    }
  })

  test('followed by zeros, as after a crash of a file system, ends after its last record', () => {
    const found = scan(new Uint8Array(Buffer.concat([sample.bytes, Buffer.alloc(5000)])), FIRST)
    expect(found.next).toBe(FIRST + sample.records.length)
    expect(found.end).toBe(sample.bytes.byteLength)
    expect(found.damage).toEqual([])
  })
})

describe('a log file that another follows', () => {
  const next = FIRST + sample.records.length

  test('cut at any byte says which records are lost', () => {
    for (let cut = 0; cut < sample.bytes.byteLength; cut++) {
      const found = scan(sample.bytes.subarray(0, cut), FIRST, next)
      const whole = Math.max(sample.offsets.filter((offset) => offset <= cut).length - 1, 0)
      expect(found.frames.length).toBe(whole)
      expect(found.damage.at(-1)).toMatchObject({ position: FIRST + whole, records: sample.records.length - whole })
    }
  })

  test('with any bit of any record flipped loses that record only', () => {
    for (let bit = HEADER * 8; bit < sample.bytes.byteLength * 8; bit++) {
      const found = scan(flipped(sample.bytes, bit), FIRST, next)
      const lost = FIRST + sample.offsets.findLastIndex((offset) => offset * 8 <= bit)
      expect(found.frames.map(({ position }) => position)).not.toContain(lost)
      expect(found.frames.length, `bit ${bit}`).toBe(sample.records.length - 1)
      expect(found.damage).toMatchObject([{ position: lost, records: 1 }])
    }
  })
})

test('overwritten anywhere, a log file gives only records that were appended, and accounts for all others', () => {
  const commits = array(array(uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  })
  const wounds = array(tuple(integer({ min: 0, max: 3000 }), uint8Array({ minLength: 1, maxLength: 80 })), {
    maxLength: 3,
  })
  assert(
    property(commits, wounds, constantFrom(0, 7, 2 ** 40), (written, overwrites, first) => {
      const file = logFile(first, written)
      const bytes = file.bytes.slice()
      for (const [at, patch] of overwrites)
        bytes.set(patch.subarray(0, Math.max(bytes.byteLength - at, 0)), Math.min(at, bytes.byteLength))
      const next = first + file.records.length
      const found = scan(bytes, first, next)
      const seen = positions(found, { bytes, records: file.records, first })
      const lost = found.damage.reduce((sum, { records }) => sum + records, 0)
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
      expect(seen.length + lost).toBe(file.records.length)
      // As the last file: nothing of a commit before the last is dropped without a word.
      const last = scan(bytes, first)
      const told = last.damage.reduce((sum, { records }) => sum + records, 0)
      expect(last.frames.length + told).toBe(last.next - first)
    }),
    { numRuns: 1000 },
  )
})

test('a record that holds a log file is not taken for one when it is damaged', () => {
  const inner = logFile(0, [[patterned(4, 1)], [patterned(4, 2)], [patterned(4, 3)]])
  const outer = logFile(0, [[inner.bytes], [patterned(3, 4)], [patterned(3, 5)]])
  const bytes = outer.bytes.slice()
  bytes[HEADER + FRAME] = 0xff
  const found = scan(bytes, 0)
  expect(found.frames.map(({ position }) => position)).toEqual([1, 2])
  expect(found.frames[0]?.start).toBe((outer.offsets[1] ?? 0) + FRAME)
})

test('gives up a search through more crafted records than it may checksum', () => {
  // Headers that each claim a plausible record to the end of the file.
  const bytes = new Uint8Array(24 * 1024 * 1024)
  const view = new DataView(bytes.buffer)
  bytes.set(encodeLogHeader(0, crc32))
  for (let at = HEADER; at + FRAME < bytes.byteLength; at += FRAME) {
    view.setUint32(at + 4, bytes.byteLength - at - FRAME, true)
    view.setUint32(at + 8, 1, true)
  }
  expect(() => scanLogFile(bytes, { name: 'log', first: 0, checksum: () => 1 })).toThrow(
    expect.objectContaining({ kind: 'corrupt' }),
  )
})

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

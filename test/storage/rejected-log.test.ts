import { expect, test } from 'vitest'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { MAX_REJECTION_CHARACTERS, MAX_REJECTIONS, RejectedLog } from '../../engine/storage/rejected-log.ts'
import { openFaultyStore } from '../support/faulty-store.ts'

const row = (line: number) => ({ line, column: 3, reason: `reason ${line}`, text: `text ${line}` })

async function reopened(bytes: Uint8Array | undefined): Promise<RejectedLog> {
  const contents = emptyMemoryContents()
  if (bytes) contents.blobs.set('rejected.json', bytes)
  return RejectedLog.open((await openMemoryStore(contents)).blobs)
}

test('keeps the newest rows up to its limit, newest first, and counts all', async () => {
  const log = await reopened(undefined)
  for (let line = 1; line <= MAX_REJECTIONS + 5; line++) log.add([row(line)], 2, BigInt(line))
  expect(log.total).toBe(2 * (MAX_REJECTIONS + 5))
  expect(log.rows).toHaveLength(MAX_REJECTIONS)
  expect(log.rows[0]).toEqual({ ...row(MAX_REJECTIONS + 5), time: BigInt(MAX_REJECTIONS + 5) })
  expect(log.rows.at(-1)?.line).toBe(6)
})

test('cuts reasons and texts to their limit', async () => {
  const log = await reopened(undefined)
  log.add([{ line: 1, column: 1, reason: 'r'.repeat(500), text: 't'.repeat(500) }], 1, 0n)
  expect(log.rows[0]).toMatchObject({
    reason: 'r'.repeat(MAX_REJECTION_CHARACTERS),
    text: 't'.repeat(MAX_REJECTION_CHARACTERS),
  })
})

test('gives back what was saved, and nothing where that is damaged at any byte', async () => {
  const contents = emptyMemoryContents()
  const log = await RejectedLog.open((await openMemoryStore(contents)).blobs)
  log.add([row(1), row(2)], 7, -5n)
  await log.save()
  const bytes = contents.blobs.get('rejected.json') ?? new Uint8Array(0)
  const again = await reopened(bytes)
  expect([again.total, again.rows]).toEqual([7, log.rows])
  for (let length = 0; length < bytes.length; length++) {
    expect((await reopened(bytes.slice(0, length))).rows, `cut at ${length}`).toEqual([])
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = bytes.slice()
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const { rows } = await reopened(copy)
    expect(rows.length).toBeLessThanOrEqual(2)
  }
})

test('what a full disk did not take is saved the next time', async () => {
  const store = openFaultyStore(1, { diskBytes: 10 })
  const log = await RejectedLog.open(store.blobs)
  log.add([row(1)], 1, 0n)
  await expect(log.save()).rejects.toMatchObject({ name: 'TidemarkError' })
  await expect(log.save()).rejects.toMatchObject({ name: 'TidemarkError' })
})

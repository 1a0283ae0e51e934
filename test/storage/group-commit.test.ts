import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { COMMIT_BYTES, COMMIT_RECORDS, CommitUndone, GroupCommit } from '../../engine/storage/group-commit.ts'

/** A group commit that takes a turn of the event loop for each commit and notes its size. */
function counting(): { group: GroupCommit; sizes: number[] } {
  const sizes: number[] = []
  const group = new GroupCommit(0, async (records) => {
    sizes.push(records.length)
    await new Promise((resolve) => setTimeout(resolve, 0))
  })
  return { group, sizes }
}

test('commits what arrives during a commit together', async () => {
  const { group, sizes } = counting()
  const first = group.append(new Uint8Array(1))
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
  const others = Array.from({ length: 99 }, () => group.append(new Uint8Array(1)))
  await Promise.all([first, ...others])
  expect(sizes).toEqual([1, 99])
})

test('puts at most 65536 records into a commit', async () => {
  const { group, sizes } = counting()
  const record = new Uint8Array(0)
  await Promise.all(Array.from({ length: COMMIT_RECORDS + 1 }, () => group.append(record)))
  expect(sizes).toEqual([65_536, 1])
})

test('puts records of at most 4 MiB into a commit, or one longer record', async () => {
  const { group, sizes } = counting()
  const lengths = [COMMIT_BYTES / 2, COMMIT_BYTES / 2, 1, COMMIT_BYTES + 1, COMMIT_BYTES]
  await Promise.all(lengths.map((length) => group.append(new Uint8Array(length))))
  expect(sizes).toEqual([2, 1, 1, 1])
})

test('after a failed commit rejects those in it, those that wait and all that come, and commits nothing more', async () => {
  let commits = 0
  const group = new GroupCommit(10, async () => {
    commits += 1
    await new Promise((resolve) => setTimeout(resolve, 0))
    if (commits === 2) throw new TidemarkError('quota', 'the disk is full')
  })
  expect(await group.append(new Uint8Array(1))).toBe(10)
  const during = group.append(new Uint8Array(1))
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
  const waiting = group.append(new Uint8Array(1))
  const refused = { kind: 'quota', message: expect.stringContaining('the disk is full') }
  await expect(during).rejects.toMatchObject(refused)
  await expect(waiting).rejects.toMatchObject(refused)
  await expect(group.append(new Uint8Array(1))).rejects.toMatchObject(refused)
  expect(commits).toBe(2)
  expect(group.next).toBe(11)
  await group.close()
})

test('after a commit that left nothing behind rejects all that were made in ignorance of it, and then goes on', async () => {
  const committed: number[] = []
  let isFull = true
  const group = new GroupCommit(0, async (records, first) => {
    await new Promise((resolve) => setTimeout(resolve, 0))
    if (isFull) throw new CommitUndone(new TidemarkError('quota', 'no more space'))
    committed.push(...records.map((_, i) => first + i))
  })
  const refused = { kind: 'quota', message: 'no more space' }
  const during = group.append(new Uint8Array(1))
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
  const waiting = group.append(new Uint8Array(1))
  // Called before who called the others has learned of it.
  const late = during.catch(() => group.append(new Uint8Array(1)))
  for (const append of [during, waiting, late]) await expect(append).rejects.toMatchObject(refused)
  isFull = false
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(await group.append(new Uint8Array(1))).toBe(0)
  expect(await group.append(new Uint8Array(1))).toBe(1)
  expect(committed).toEqual([0, 1])
  await group.close()
})

test('gathers records for as long as further ones come, when told how', async () => {
  const sizes: number[] = []
  let turns = 0
  const group: GroupCommit = new GroupCommit(
    0,
    async (records) => void sizes.push(records.length),
    async () => {
      turns += 1
      if (turns <= 3) void group.append(new Uint8Array(1))
    },
  )
  expect(await group.append(new Uint8Array(1))).toBe(0)
  expect(sizes).toEqual([4])
  expect(turns).toBe(4)
  await group.close()
})

test('runs a task between commits, and goes on after one that fails', async () => {
  const { group } = counting()
  const append = group.append(new Uint8Array(1))
  await expect(group.between(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await append).toBe(0)
  expect(await group.append(new Uint8Array(1))).toBe(1)
  expect(await group.between(async () => group.next)).toBe(2)
})

import { expect, test } from 'vitest'
import { APPEND_BYTES, AppendQueue, LARGE_BYTES, MAX_OVERTAKING } from '../../../engine/worker/write/append-queue.ts'

function later(): { promise: Promise<void>; resolve: () => void } {
  return Promise.withResolvers<void>()
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5))
}

test('appends prepare one after the other in the order of calls, and wait to be durable together', async () => {
  const queue = new AppendQueue(100)
  const gates = [later(), later()]
  const course: string[] = []
  const all = [0, 1].map((i) =>
    queue.run(10, async () => {
      course.push(`begin ${i}`)
      await settle()
      course.push(`end ${i}`)
      return { answer: i, done: gates[i]?.promise ?? Promise.resolve() }
    }),
  )
  await queue.prepared
  expect(course).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1'])
  gates[1]?.resolve()
  gates[0]?.resolve()
  expect(await Promise.all(all)).toEqual([0, 1])
})

test('at the limit of bytes the next append waits, without stopping anything else, until one is done', async () => {
  const queue = new AppendQueue(100)
  const gate = later()
  const prepared: number[] = []
  const append = (bytes: number, done: Promise<void>): Promise<number> =>
    queue.run(bytes, async () => ({ answer: prepared.push(bytes), done }))
  const first = append(100, gate.promise)
  const second = append(1, Promise.resolve())
  await settle()
  expect(prepared).toEqual([100])
  gate.resolve()
  await Promise.all([first, second])
  expect(prepared).toEqual([100, 1])
})

test('an append that is larger than the limit goes alone', async () => {
  const queue = new AppendQueue(100)
  expect(await queue.run(1000, async () => ({ answer: 'large', done: Promise.resolve() }))).toBe('large')
})

test('one that fails lets the others go on', async () => {
  const queue = new AppendQueue(100)
  const failing = queue.run(100, async () => {
    throw new Error('not prepared')
  })
  const undone = queue.run(100, async () => ({ answer: 1, done: Promise.reject(new Error('not durable')) }))
  const good = queue.run(100, async () => ({ answer: 2, done: Promise.resolve() }))
  await expect(failing).rejects.toThrow('not prepared')
  await expect(undone).rejects.toThrow('not durable')
  expect(await good).toBe(2)
})

test('small appends overtake large ones, and after so many of them a large one is due', async () => {
  const queue = new AppendQueue(1e9)
  const course: string[] = []
  const append = (name: string, bytes: number): Promise<void> =>
    queue.run(bytes, async () => ({ answer: void course.push(name), done: Promise.resolve() }))
  const all = [append('large 0', LARGE_BYTES), append('large 1', LARGE_BYTES)]
  for (let i = 0; i < MAX_OVERTAKING + 2; i++) all.push(append(`small ${i}`, LARGE_BYTES - 1))
  await Promise.all(all)
  const small = Array.from({ length: MAX_OVERTAKING + 2 }, (_, i) => `small ${i}`)
  expect(course).toEqual(['large 0', ...small.slice(0, MAX_OVERTAKING), 'large 1', ...small.slice(MAX_OVERTAKING)])
})

test('small appends go while a large one pauses, which then goes on before other large ones', async () => {
  const queue = new AppendQueue(1e9)
  const course: string[] = []
  const append = (name: string, bytes: number): Promise<void> =>
    queue.run(bytes, async () => ({ answer: void course.push(name), done: Promise.resolve() }))
  const long = queue.run(LARGE_BYTES, async (pause) => {
    for (let piece = 0; piece < 3; piece++) {
      course.push(`piece ${piece}`)
      await pause()
    }
    return { answer: undefined, done: Promise.resolve() }
  })
  const all = [long, append('large', LARGE_BYTES), append('small 0', 1), append('small 1', 1)]
  await Promise.all(all)
  expect(course).toEqual(['piece 0', 'small 0', 'small 1', 'piece 1', 'piece 2', 'large'])
})

test('a pausing append is due again after so many small ones', async () => {
  const queue = new AppendQueue(1e9)
  const course: string[] = []
  const long = queue.run(LARGE_BYTES, async (pause) => {
    await pause()
    course.push('long')
    return { answer: undefined, done: Promise.resolve() }
  })
  const small = Array.from({ length: MAX_OVERTAKING + 2 }, () =>
    queue.run(1, async () => ({ answer: void course.push('small'), done: Promise.resolve() })),
  )
  await Promise.all([long, ...small])
  expect(course.indexOf('long')).toBe(MAX_OVERTAKING)
})

test('appends that are called beyond the limit of bytes are refused, and taken again once some are done', async () => {
  const queue = new AppendQueue(1e9, 2 * (100 + APPEND_BYTES))
  const gate = later()
  const append = (bytes: number, done: Promise<void>): Promise<number> =>
    queue.run(bytes, async () => ({ answer: bytes, done }))
  const taken = [append(100, gate.promise), append(100, gate.promise)]
  await expect(append(1, gate.promise)).rejects.toMatchObject({ kind: 'quota' })
  gate.resolve()
  expect(await Promise.all(taken)).toEqual([100, 100])
  expect(await append(100, Promise.resolve())).toBe(100)
  expect(await append(1e6, Promise.resolve())).toBe(1e6)
})

test('a large append that fails while others have their turn fails for who called it, and for nobody else', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const prepare = async () => ({ answer: 1, done: Promise.reject(new Error('the disk is full')) })
    await expect(new AppendQueue(1 << 20).run(LARGE_BYTES, prepare)).rejects.toThrow('the disk is full')
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

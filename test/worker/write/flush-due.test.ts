import { expect, test } from 'vitest'
import { FlushDue, MAX_MEMORY_BYTES } from '../../../engine/worker/write/flush-due.ts'

const FAILED_AT = 1_000_000_000n
/** Five seconds and a nanosecond later. */
const RETRY_AT = 6_000_000_001n

function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return Promise.race([promise, Promise.resolve(pending)]).then((first) => first !== pending)
}

test('there is room up to the limit of bytes, those that are being written included', async () => {
  const due = new FlushDue()
  let flushes = 0
  const room = (): Promise<void> =>
    due.room(
      () => 0n,
      () => void flushes++,
    )
  due.rowsCame(0, MAX_MEMORY_BYTES / 2, 0n)
  due.rowsCame(1, MAX_MEMORY_BYTES / 2, 0n)
  await room()
  expect(flushes).toBe(0)
  due.setAside()
  due.rowsCame(0, 1, 0n)
  const waiting = room()
  await Promise.resolve()
  expect([await isSettled(waiting), flushes]).toEqual([false, 1])
  due.ended()
  await Promise.resolve()
  expect([await isSettled(waiting), flushes]).toEqual([false, 2])
  due.written()
  due.ended()
  await waiting
})

test('whoever needs room just after a flush has failed is refused, and waits for another one later', async () => {
  const due = new FlushDue()
  due.rowsCame(0, MAX_MEMORY_BYTES + 1, 0n)
  due.failed(FAILED_AT)
  const never = (): void => expect.unreachable('a flush was called for')
  await expect(due.room(() => FAILED_AT, never)).rejects.toMatchObject({ kind: 'quota' })
  const flushed = due.room(
    () => RETRY_AT,
    () => {
      due.setAside()
      due.written()
      due.ended()
    },
  )
  await flushed
})

import { describe, expect, test } from 'vitest'
import { Gate } from '../../relay/gate.ts'

describe('Gate', () => {
  test('lets in as many as may run, keeps as many as may wait, and turns the next away', async () => {
    const gate = new Gate('writes', { running: 2, waiting: 2 })
    const leave = await gate.enter()
    await gate.enter()
    const third = gate.enter()
    const fourth = gate.enter()
    await expect(gate.enter()).rejects.toMatchObject({ kind: 'quota', message: 'too many writes at once' })
    leave()
    const leaveThird = await third
    leaveThird()
    await fourth
  })

  test('serves who waits in the order of coming', async () => {
    const gate = new Gate('writes', { running: 1, waiting: 8 })
    const order: number[] = []
    const first = await gate.enter()
    const others = [1, 2, 3].map(async (number) => {
      const leave = await gate.enter()
      order.push(number)
      leave()
    })
    first()
    await Promise.all(others)
    expect(order).toEqual([1, 2, 3])
  })

  test('forgets who gave up waiting', async () => {
    const gate = new Gate('queries', { running: 1, waiting: 1 })
    const leave = await gate.enter()
    const abort = new AbortController()
    const waiting = gate.enter(abort.signal)
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' })
    const next = gate.enter()
    leave()
    const leaveNext = await next
    leaveNext()
    await gate.enter()
  })

  test('counts who leaves twice once', async () => {
    const gate = new Gate('queries', { running: 1, waiting: 0 })
    const leave = await gate.enter()
    leave()
    leave()
    await gate.enter()
    await expect(gate.enter()).rejects.toMatchObject({ kind: 'quota' })
  })
})

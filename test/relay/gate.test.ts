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

  test('lets in what weighs no more than the limit together, and nobody overtakes who is too heavy for now', async () => {
    const gate = new Gate('writes', { running: 9, waiting: 9, weight: 100 })
    const order: string[] = []
    const leaveFirst = await gate.enter(undefined, 60)
    const heavy = gate.enter(undefined, 50).then((leave) => {
      order.push('heavy')
      return leave
    })
    const light = gate.enter(undefined, 1).then(() => order.push('light'))
    await Promise.resolve()
    expect(order).toEqual([])
    leaveFirst()
    await Promise.all([heavy, light])
    expect(order).toEqual(['heavy', 'light'])
  })

  test('who weighs more than the limit goes in alone', async () => {
    const gate = new Gate('writes', { running: 9, waiting: 1, weight: 100 })
    const leave = await gate.enter(undefined, 1000)
    const next = gate.enter(undefined, 1)
    await expect(gate.enter(undefined, 1)).rejects.toMatchObject({ kind: 'quota' })
    leave()
    await next
  })

  test('where who is heavy gives up, who stands behind goes in', async () => {
    const gate = new Gate('writes', { running: 9, waiting: 9, weight: 100 })
    await gate.enter(undefined, 60)
    const abort = new AbortController()
    const heavy = gate.enter(abort.signal, 50)
    const light = gate.enter(undefined, 1)
    abort.abort()
    await expect(heavy).rejects.toMatchObject({ kind: 'cancelled' })
    await light
  })
})

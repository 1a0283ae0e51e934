import { expect, test } from 'vitest'
import { CommitOrder } from '../../../engine/worker/write/commit-order.ts'

/** A record whose steps the test takes. */
function record(order: CommitOrder, name: string, log: string[]) {
  const durable = Promise.withResolvers<number>()
  const visible = Promise.withResolvers<void>()
  const done = order.apply(durable.promise, async () => {
    log.push(`${name} sent`)
    return { visible: visible.promise.then(() => log.push(`${name} visible`)) }
  })
  return { durable, visible, done: done.then(() => log.push(`${name} done`)) }
}

test('rows of a durable record are sent before those of the one before it are visible, and never before these are sent', async () => {
  const log: string[] = []
  const order = new CommitOrder(0)
  const [a, b] = [record(order, 'a', log), record(order, 'b', log)]
  b.durable.resolve(1)
  await Promise.resolve()
  expect(log).toEqual([])
  a.durable.resolve(0)
  await new Promise(setImmediate)
  expect(log).toEqual(['a sent', 'b sent'])
  b.visible.resolve()
  await new Promise(setImmediate)
  expect(order.end).toBe(0)
  a.visible.resolve()
  await Promise.all([a.done, b.done])
  expect(log).toEqual(['a sent', 'b sent', 'b visible', 'a visible', 'a done', 'b done'])
  expect(order.end).toBe(2)
})

test('a task between two records waits until the first is visible, and the second is sent after it', async () => {
  const log: string[] = []
  const order = new CommitOrder(0)
  const a = record(order, 'a', log)
  const between = order.between(async () => void log.push('task'))
  const b = record(order, 'b', log)
  a.durable.resolve(0)
  b.durable.resolve(1)
  await new Promise(setImmediate)
  expect(log).toEqual(['a sent'])
  a.visible.resolve()
  b.visible.resolve()
  await Promise.all([between, b.done])
  expect(log.filter((step) => !step.endsWith('done'))).toEqual(['a sent', 'a visible', 'task', 'b sent', 'b visible'])
})

test('a record that does not become durable fails alone', async () => {
  const log: string[] = []
  const order = new CommitOrder(0)
  const [a, b] = [record(order, 'a', log), record(order, 'b', log)]
  a.durable.reject(new Error('disk'))
  b.durable.resolve(0)
  b.visible.resolve()
  await expect(a.done).rejects.toThrow('disk')
  await b.done
  expect(log).toEqual(['b sent', 'b visible', 'b done'])
  expect(order.end).toBe(1)
})

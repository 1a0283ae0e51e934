import { afterEach, expect, test } from 'vitest'
import { expose, moving, Reference, remote } from '../../engine/core/calls.ts'
import { TidemarkError } from '../../engine/core/errors.ts'

class Counter {
  #count: number

  constructor(from: number) {
    this.#count = from
  }

  add(by: number): number {
    this.#count += by
    return this.#count
  }
}

/** What the tests call through a channel. */
class Desk {
  readonly inner = { double: (value: number): number => 2 * value }

  sum(a: number, b: bigint): bigint {
    return BigInt(a) + b
  }

  async later(text: string, afterMs: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    return text
  }

  length(bytes: Uint8Array): number {
    return bytes.byteLength
  }

  bytes(length: number, isMoved: boolean): Uint8Array<ArrayBuffer> {
    this.last = new Uint8Array(length)
    return isMoved ? moving(this.last, [this.last.buffer]) : this.last
  }
  last: Uint8Array<ArrayBuffer> | undefined

  refuse(): void {
    throw new TidemarkError('query', 'no such column', {
      position: { offset: 7, length: 3 },
      expected: ['a'],
      hint: 'try a',
    })
  }

  fail(): void {
    throw new RangeError('too far')
  }

  throwText(): void {
    throw 'a text'
  }

  unsendable(): unknown {
    return { method: () => undefined }
  }

  async visit(values: readonly number[], visit: (value: number) => Promise<number>): Promise<number> {
    let sum = 0
    for (const value of values) sum += await visit(value)
    return sum
  }

  counter(from: number): Reference<Counter> {
    return new Reference(new Counter(from))
  }
}

const open: MessagePort[] = []
afterEach(() => {
  for (const port of open.splice(0)) port.close()
})

function channel(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel()
  open.push(port1, port2)
  return [port1, port2]
}

function openDesk() {
  const [near, far] = channel()
  const desk = new Desk()
  expose(desk, far)
  return { desk, near, far, calls: remote<Desk>(near) }
}

test('a call answers what the method returns or resolves with, also where calls overtake each other', async () => {
  const { calls } = openDesk()
  expect(await calls.sum(2, 2n ** 62n)).toBe(2n ** 62n + 2n)
  const order: string[] = []
  const note = (text: string): unknown => order.push(text)
  await Promise.all([calls.later('slow', 40).then(note), calls.later('quick', 1).then(note)])
  expect(order).toEqual(['quick', 'slow'])
})

test('an error keeps its kind, position, expectations and hint; another one its name and message', async () => {
  const { calls } = openDesk()
  const refused = await calls.refuse().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(TidemarkError)
  expect(refused).toMatchObject({ kind: 'query', message: 'no such column', hint: 'try a', expected: ['a'] })
  expect(refused).toMatchObject({ position: { offset: 7, length: 3 } })
  await expect(calls.fail()).rejects.toThrow(new RangeError('too far'))
  await expect(calls.throwText()).rejects.toThrow('a text')
})

test('buffers that move are empty where they were, others are copied', async () => {
  const { calls, desk } = openDesk()
  const bytes = new Uint8Array(1000)
  expect(await calls.length(bytes)).toBe(1000)
  expect(bytes.length).toBe(1000)
  expect(await calls.length(moving(bytes, [bytes.buffer]))).toBe(1000)
  expect(bytes.length).toBe(0)
  expect((await calls.bytes(50, false)).length).toBe(50)
  expect(desk.last?.length).toBe(50)
  expect((await calls.bytes(50, true)).length).toBe(50)
  expect(desk.last?.length).toBe(0)
})

test('a function among the arguments is called where it comes from, and its error is that of the call', async () => {
  const { calls } = openDesk()
  expect(await calls.visit([1, 2, 3], async (value) => value * value)).toBe(14)
  const failing = calls.visit([1], async () => {
    throw new TidemarkError('quota', 'enough')
  })
  await expect(failing).rejects.toMatchObject({ kind: 'quota', message: 'enough' })
})

test('an answer by reference is called where it is', async () => {
  const { calls } = openDesk()
  const [ten, twenty] = [await calls.counter(10), await calls.counter(20)]
  expect(await Promise.all([ten.add(1), ten.add(1), twenty.add(5)])).toEqual([11, 12, 25])
})

test('parts of an object are called by their names through the same endpoint', async () => {
  const { near, calls } = openDesk()
  const inner = remote<Desk['inner']>(near, 'inner')
  expect(await Promise.all([inner.double(21), calls.sum(1, 1n)])).toEqual([42, 2n])
})

test('a method that is not there, and what cannot be sent, fail the call and nothing else', async () => {
  const { near, calls } = openDesk()
  const wrong = remote<{ missing(): void }>(near)
  await expect(wrong.missing()).rejects.toThrow('there is no method missing')
  await expect(calls.unsendable()).rejects.toThrow()
  const unsendable = { method: () => undefined }
  await expect(remote<{ sum(a: unknown): void }>(near).sum(unsendable)).rejects.toThrow()
  expect(await calls.sum(1, 1n)).toBe(2n)
})

test('an answer that nobody waits for, and messages of another form, are passed over', async () => {
  const { far, near, calls } = openDesk()
  for (const message of [[999_999, 0, 'late'], ['sum'], null, 7, { id: 1 }]) {
    far.postMessage(message)
    near.postMessage(message)
  }
  expect(await calls.sum(3, 4n)).toBe(7n)
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Batch } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Engine, LiveUpdate } from '../../engine/engine.ts'
import { LIVE_ROWS, LiveSession } from '../../relay/live-session.ts'

type Observer = Parameters<Engine['subscribe']>[1]

const limits = { socketSubscriptions: 3, socketBufferBytes: 1000 }

function numbers(...values: number[]): Batch {
  return { rows: values.length, columns: [{ name: 'value', type: 'f64', values: Float64Array.from(values) }] }
}

function result(...values: number[]): LiveUpdate {
  return { kind: 'result', columns: [{ name: 'value', type: 'f64' }], keys: [], rows: numbers(...values) }
}

/** A session over an engine and a socket that the test plays by hand. */
function play() {
  const sent: unknown[] = []
  const observers: Observer[] = []
  const state = { buffered: 0, unsubscribed: 0 }
  const session = new LiveSession({
    limits,
    socket: { send: (text) => sent.push(JSON.parse(text)), bufferedBytes: () => state.buffered },
    engine: {
      subscribe: (text, observer) => {
        if (text === 'wrong') throw new TidemarkError('query', 'not a statement')
        observers.push(observer)
        return {
          unsubscribe: () => {
            state.unsubscribed++
          },
        }
      },
    },
  })
  const receive = (message: unknown) => session.receive(JSON.stringify(message))
  const observer = (index: number) => {
    const found = observers[index]
    if (!found) throw new Error(`the session has not subscribed ${index + 1} times`)
    return found
  }
  return { session, sent, observers, observer, state, receive }
}

describe('LiveSession', () => {
  test('passes on the whole answer, then deltas, in JSON rows', () => {
    const { sent, observer, receive } = play()
    receive({ id: 'a', subscribe: 'SELECT 1', minIntervalMs: 100, params: { n: 1 } })
    observer(0).next(result(1, Number.NaN))
    observer(0).next({ kind: 'delta', changed: numbers(2), removed: numbers() })
    expect(sent).toEqual([
      { id: 'a', kind: 'result', columns: [{ name: 'value', type: 'f64' }], keys: [], rows: [[1], ['NaN']] },
      { id: 'a', kind: 'delta', changed: { rows: [[2]] }, removed: { rows: [] } },
    ])
  })

  test('is silent about what the client has unsubscribed', () => {
    const { sent, observer, receive, state } = play()
    receive({ id: 1, subscribe: 'SELECT 1' })
    receive({ id: 1, unsubscribe: true })
    observer(0).next(result(1))
    observer(0).error(new TidemarkError('io', 'too late'))
    expect(sent).toEqual([])
    expect(state.unsubscribed).toBe(1)
    receive({ id: 1, subscribe: 'SELECT 1' })
    observer(1).next(result(1))
    expect(sent).toHaveLength(1)
  })

  test.each([
    ['{', undefined],
    ['null', undefined],
    ['{"id":"a"}', 'a'],
    ['{"id":"a","subscribe":1}', 'a'],
    ['{"id":"a","unsubscribe":false}', 'a'],
    ['{"id":"a","subscribe":"x","params":{"n":[1]}}', 'a'],
    ['{"id":"a","subscribe":"x","params":{"n":9007199254740993}}', 'a'],
    ['{"id":"a","subscribe":"x","other":1}', 'a'],
    ['{"id":{},"subscribe":"x"}', undefined],
  ])('answers %s with an error of kind invalid', (text, id) => {
    const { session, sent } = play()
    session.receive(text)
    expect(sent).toEqual([{ ...(id !== undefined && { id }), error: expect.objectContaining({ kind: 'invalid' }) }])
  })

  test('answers a wrong statement with its error and goes on', () => {
    const { sent, receive } = play()
    receive({ id: 'a', subscribe: 'wrong' })
    receive({ id: 'a', subscribe: 'SELECT 1' })
    expect(sent).toEqual([{ id: 'a', error: { kind: 'query', message: 'not a statement' } }])
  })

  test('answers whatever is not a message, cut at any byte or with any bit flipped, and goes on', () => {
    const bytes = new TextEncoder().encode('{"id":"a","subscribe":"SELECT 1","minIntervalMs":10,"params":{"n":1}}')
    const takes = (some: Uint8Array): 'subscribes' | 'answers' => {
      const { session, sent, observers } = play()
      session.receive(new TextDecoder().decode(some))
      expect(sent.length + observers.length).toBe(1)
      session.close()
      return observers.length === 1 ? 'subscribes' : 'answers'
    }
    expect(takes(bytes)).toBe('subscribes')
    for (let end = 0; end < bytes.length; end++) expect(takes(bytes.subarray(0, end))).toBe('answers')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      takes(damaged)
    }
  })

  test('takes as many subscriptions as its limit and refuses one more', () => {
    const { sent, receive } = play()
    for (const id of [1, 2, 3]) receive({ id, subscribe: 'SELECT 1' })
    expect(sent).toEqual([])
    receive({ id: 4, subscribe: 'SELECT 1' })
    expect(sent).toEqual([{ id: 4, error: expect.objectContaining({ kind: 'quota' }) }])
    receive({ id: 3, unsubscribe: true })
    receive({ id: 4, subscribe: 'SELECT 1' })
    expect(sent).toHaveLength(1)
  })

  test('refuses an id that is in use', () => {
    const { sent, receive } = play()
    receive({ id: 1, subscribe: 'SELECT 1' })
    receive({ id: 1, subscribe: 'SELECT 2' })
    expect(sent).toEqual([{ id: 1, error: expect.objectContaining({ kind: 'invalid' }) }])
  })

  test('ends a subscription whose answer has more rows than a live answer can have', () => {
    const { sent, observer, receive, state } = play()
    receive({ id: 1, subscribe: 'SELECT 1' })
    observer(0).next({ ...result(), rows: numbers(...new Float64Array(LIVE_ROWS + 1)) } as LiveUpdate)
    expect(sent).toEqual([{ id: 1, error: expect.objectContaining({ kind: 'quota' }) }])
    expect(state.unsubscribed).toBe(1)
  })

  test('ends all subscriptions when it is closed', () => {
    const { session, sent, observer, receive, state } = play()
    receive({ id: 1, subscribe: 'SELECT 1' })
    receive({ id: 2, subscribe: 'SELECT 1' })
    session.close()
    observer(0).next(result(1))
    expect(state.unsubscribed).toBe(2)
    expect(sent).toEqual([])
  })
})

describe('a client that does not keep up', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('gets a fresh whole answer once it has read, and nothing is computed for it meanwhile', async () => {
    const { sent, observers, observer, receive, state } = play()
    receive({ id: 1, subscribe: 'SELECT 1' })
    observer(0).next(result(1))
    state.buffered = limits.socketBufferBytes
    observer(0).next({ kind: 'delta', changed: numbers(2), removed: numbers() })
    expect(sent).toHaveLength(2)
    state.buffered = limits.socketBufferBytes + 1
    observer(0).next({ kind: 'delta', changed: numbers(3), removed: numbers() })
    observer(0).next({ kind: 'delta', changed: numbers(4), removed: numbers() })
    expect(state.unsubscribed).toBe(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(observers).toHaveLength(1)
    state.buffered = 0
    await vi.advanceTimersByTimeAsync(1000)
    expect(observers).toHaveLength(2)
    observer(1).next(result(5))
    expect(sent).toHaveLength(3)
    expect(sent.at(-1)).toMatchObject({ kind: 'result', rows: [[5]] })
  })
})

import { describe, expect, test } from 'vitest'
import { RefSet } from '../../../engine/index/ref-set.ts'
import { packKeys, unpackKeys } from '../../../engine/kernel/key-batch.ts'
import { KeysAtHand } from '../../../engine/worker/write/keys-at-hand.ts'

const keyOf = (number: number): Uint8Array => Uint8Array.from({ length: 1 + (number % 5) }, (_, i) => number + i)
const batchOf = (numbers: readonly number[]) => packKeys(numbers.map(keyOf))

function handOf(...batches: readonly (readonly number[])[]): KeysAtHand {
  const hand = new KeysAtHand()
  for (const numbers of batches) hand.add(Uint32Array.from(numbers), batchOf(numbers), new RefSet())
  return hand
}

const taken = (hand: KeysAtHand, numbers: readonly number[]) => {
  const keys = hand.of(numbers)
  return keys && unpackKeys(keys).map((key) => [...key])
}
const expected = (numbers: readonly number[]) => numbers.map((number) => [...keyOf(number)])

describe('keys at hand', () => {
  test.each([
    ['as they came', [[3, 4, 5], [9]], [3, 4, 5, 9]],
    ['in another order', [[3, 4, 5], [9]], [9, 3, 5, 4]],
    ['some of them', [[3, 4, 5], [9]], [5]],
    ['none', [[3, 4, 5]], []],
    ['twice under one number', [[3, 3, 4]], [3, 4]],
  ])('are found by the numbers of their series: %s', (_, batches, numbers) => {
    expect(taken(handOf(...batches), numbers)).toEqual(expected(numbers))
  })

  test('are not kept where the log has named them', () => {
    const named = new RefSet()
    for (const number of [1, 4, 5]) named.add(number)
    const hand = new KeysAtHand()
    hand.add(Uint32Array.of(1, 2, 3, 4, 5, 6), batchOf([1, 2, 3, 4, 5, 6]), named)
    expect(taken(hand, [2, 3, 6])).toEqual(expected([2, 3, 6]))
    expect([1, 2, 3, 4, 5, 6].map((number) => hand.has(number))).toEqual([false, true, true, false, false, true])
  })

  test('that are missing are told, whatever else is there', () => {
    expect(handOf([1, 2]).of([1, 3])).toBeUndefined()
    expect(new KeysAtHand().of([1])).toBeUndefined()
  })

  test('are gone when they are cleared, and others take their place', () => {
    const hand = handOf([1, 2, 3])
    expect(hand.has(2)).toBe(true)
    hand.clear()
    expect([hand.has(2), hand.of([1])]).toEqual([false, undefined])
    hand.add(Uint32Array.of(2, 7), batchOf([2, 7]), new RefSet())
    expect(taken(hand, [7, 2])).toEqual(expected([7, 2]))
  })
})

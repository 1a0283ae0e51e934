import { array, assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_GAP_BYTES, MAX_READ_BYTES, requestsOf } from '../../engine/storage/read-requests.ts'

describe('places of bytes are read', () => {
  test('together where they follow each other', () => {
    expect(
      requestsOf([
        [0, 10],
        [10, 25],
        [40, 41],
      ]),
    ).toEqual([[0, 3]])
  })

  test('apart where more lies between them than another request costs', () => {
    const far = 10 + MAX_GAP_BYTES
    expect(
      requestsOf([
        [0, 10],
        [far, far + 1],
      ]),
    ).toEqual([[0, 2]])
    expect(
      requestsOf([
        [0, 10],
        [far + 1, far + 2],
      ]),
    ).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  test('in requests of at most some megabytes, but for a place that is larger by itself', () => {
    expect(
      requestsOf([
        [0, 10],
        [10, MAX_READ_BYTES],
        [MAX_READ_BYTES, MAX_READ_BYTES + 1],
      ]),
    ).toEqual([
      [0, 2],
      [2, 3],
    ])
    expect(requestsOf([[0, 2 * MAX_READ_BYTES]])).toEqual([[0, 1]])
  })

  test('each once, in their order', () => {
    const sizes = array(array(nat(MAX_READ_BYTES / 2), { minLength: 2, maxLength: 2 }), { maxLength: 40 })
    assert(
      property(sizes, (pairs) => {
        let at = 0
        const places = pairs.map(([gap = 0, size = 0]): [number, number] => {
          const start = at + (gap % (2 * MAX_GAP_BYTES))
          at = start + size
          return [start, at]
        })
        const requests = requestsOf(places)
        expect(requests.flatMap(([from, to]) => places.slice(from, to))).toEqual(places)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BytePlace, partsOf } from '../../engine/storage/run-memory.ts'

/** Bytes of a file from `begin` on: each says where it lies. */
const fileBytes = (begin: number, end: number): Uint8Array =>
  Uint8Array.from({ length: end - begin }, (_, i) => (begin + i) % 251)

describe('partsOf', () => {
  test('the parts have the bytes of their places, whatever lies between, and share no more memory than allowed', () => {
    const pieces = fc.array(fc.record({ gap: fc.nat(40), bytes: fc.nat(60) }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(pieces, fc.nat(1000), fc.integer({ min: 1, max: 200 }), (shape, first, mostBytes) => {
        let at = first
        const places = shape.map(({ gap, bytes }, i): BytePlace => {
          const start = i === 0 ? at : at + gap
          at = start + bytes
          return [start, at]
        })
        const parts = partsOf(fileBytes(first, at), first, places, mostBytes)
        expect(parts.map((part) => [...part])).toEqual(places.map(([start, end]) => [...fileBytes(start, end)]))
        const largest = Math.max(...shape.map(({ bytes }) => bytes))
        for (const { buffer } of parts) expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(mostBytes, largest))
        const memories = new Set(parts.map(({ buffer }) => buffer))
        const bytes = shape.reduce((sum, piece) => sum + piece.bytes, 0)
        expect([...memories].reduce((sum, buffer) => sum + buffer.byteLength, 0)).toBe(bytes)
      }),
    )
  })

  test('bytes that are all parts stay where they are; others give up what was read', () => {
    const whole = fileBytes(100, 130)
    const [first, second] = partsOf(
      whole,
      100,
      [
        [100, 110],
        [110, 130],
      ],
      1000,
    )
    expect([first?.buffer, second?.buffer]).toEqual([whole.buffer, whole.buffer])
    const gapped = fileBytes(100, 130)
    expect(
      partsOf(
        gapped,
        100,
        [
          [100, 110],
          [115, 130],
        ],
        1000,
      ),
    ).toHaveLength(2)
    expect(gapped.length).toBe(0)
  })
})

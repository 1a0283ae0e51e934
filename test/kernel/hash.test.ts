import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator } from '../support/block-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function randomBytes(length: number): Uint8Array {
  const next = generator(length)
  return Uint8Array.from({ length }, () => next())
}

describe('SHA-256', () => {
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])("agrees with NIST's examples (%#)", (text, digest) => {
    expect(hex(kernel.sha256(ascii(text)))).toBe(digest)
  })

  test('agrees with OpenSSL at every length around blocks and pieces', () => {
    const lengths = [...Array.from({ length: 200 }, (_, i) => i), 65535, 65536, 65537, 131072, 200_001]
    for (const length of lengths) {
      const bytes = randomBytes(length)
      expect(hex(kernel.sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
  })
})

/** XXH64 by its specification, seed 0, with big integers. */
function referenceXxh64(bytes: Uint8Array): bigint {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ] as const
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
  const rotate = (value: bigint, by: bigint): bigint => wrap((value << by) | (value >> (64n - by)))
  const round = (state: bigint, input: bigint): bigint => wrap(rotate(wrap(state + input * p2), 31n) * p1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const states = [wrap(p1 + p2), p2, 0n, wrap(-p1)]
  let at = 0
  for (; at + 32 <= bytes.length; at += 32) {
    states.forEach((state, i) => {
      states[i] = round(state, view.getBigUint64(at + 8 * i, true))
    })
  }
  let hash: bigint = p5
  if (at > 0) {
    const turns = [1n, 7n, 12n, 18n]
    hash = wrap(states.reduce((sum, state, i) => sum + rotate(state, turns[i] ?? 0n), 0n))
    for (const state of states) hash = wrap((hash ^ round(0n, state)) * p1 + p4)
  }
  hash = wrap(hash + BigInt(bytes.length))
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4)
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3)
    at += 4
  }
  for (; at < bytes.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(bytes[at] ?? 0) * p5), 11n) * p1)
  hash = wrap((hash ^ (hash >> 33n)) * p2)
  hash = wrap((hash ^ (hash >> 29n)) * p3)
  return hash ^ (hash >> 32n)
}

describe('XXH64', () => {
  test.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
  ])("agrees with the published hash of '%s'", (text, hash) => {
    expect(referenceXxh64(ascii(text))).toBe(hash)
    expect(kernel.checksum(ascii(text))).toBe(Number(hash & 0xffffffffn))
  })

  test('agrees with the reference at every length around stripes and pieces', () => {
    for (const length of [...Array.from({ length: 140 }, (_, i) => i), 65535, 65536, 65537, 131072, 131105]) {
      const bytes = randomBytes(length)
      expect(kernel.checksum(bytes)).toBe(Number(referenceXxh64(bytes) & 0xffffffffn))
    }
  })
})

test('SHA-256 of bytes that come by and by is that of all, whatever else is hashed between', () => {
  const bytes = randomBytes(300_007)
  for (const step of [64, 640, 65_536, 131_072]) {
    const hash = kernel.hash()
    while (hash.taken + step <= bytes.length) {
      hash.take(bytes.subarray(hash.taken, hash.taken + step))
      kernel.sha256(ascii('something else'))
    }
    const digest = hash.end(bytes.subarray(hash.taken))
    expect(Buffer.from(digest).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  }
})

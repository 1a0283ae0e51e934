import { beforeAll, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { NodeHash } from '../../engine/storage/node-hash.ts'
import { generator } from '../support/block-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test("agrees with NIST's example of a million letters, taken in pieces", () => {
  const hash = new NodeHash()
  const letters = new Uint8Array(1_000_000).fill(97)
  hash.take(letters.subarray(0, 64))
  hash.take(letters.subarray(64, 640_064))
  expect(hash.taken).toBe(640_064)
  expect(hex(hash.end(letters.subarray(640_064)))).toBe(
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  )
})

test('names what the core names', () => {
  const next = generator(1)
  for (const length of [0, 1, 63, 64, 65, 128, 200_001]) {
    const bytes = Uint8Array.from({ length }, () => next())
    const whole = length - (length % 64)
    const [own, core] = [new NodeHash(), kernel.hash()]
    for (const hash of [own, core]) hash.take(bytes.subarray(0, whole))
    expect(hex(own.end(bytes.subarray(whole)))).toBe(hex(core.end(bytes.subarray(whole))))
  }
})

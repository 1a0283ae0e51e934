import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { bitsOf, referenceDecode } from '../support/codec-reference.ts'
import { referenceModel } from '../support/dense-reference.ts'

interface Golden {
  type: string
  model: string
  header: string
  payload: string
  values: unknown
}

const folder = new URL('../golden/dense/v1/', import.meta.url)
const files = readdirSync(folder)

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function read(file: string): Golden {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

describe('dense blocks that version 1 wrote stay readable', () => {
  test.each(files)('%s', (file) => {
    const golden = read(file)
    const [model, header, payload] = [bytesOf(golden.model), bytesOf(golden.header), bytesOf(golden.payload)]
    const shared = { bytes: model }
    kernel.verify(header, 0, payload, shared)
    const decoded = kernel.decode(header, 0, payload, 'v', shared)
    for (const column of [decoded, referenceDecode(header, payload, 'v', referenceModel(model))]) {
      const values = bitsOf(column).map((value) => (typeof value === 'bigint' ? `${value}` : value))
      expect({ type: column.type, values }).toEqual({ type: golden.type, values: golden.values })
    }
  })

  test('and are of every order and kind', () => {
    const kinds = new Set(files.map((file) => bytesOf(read(file).model)[0]))
    for (const kind of [0, 1, 2, 4, 5, 6, 9, 17, 32, 33, 34, 97, 113]) expect(kinds).toContain(kind)
  })
})

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { type Manifest, readManifest, writeManifest } from '../../engine/storage/manifest.ts'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { FULL_MANIFEST as full, GROUPED_MANIFEST as grouped } from '../support/manifest-shape.ts'

let kernel: Kernel
const checksum = (bytes: Uint8Array): number => kernel.checksum(bytes)
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** The manifest of a store whose only blob has these bytes. */
async function read(bytes: Uint8Array): Promise<Manifest> {
  const contents = emptyMemoryContents()
  contents.blobs.set('manifest.json', bytes)
  return readManifest((await openMemoryStore(contents)).blobs, checksum)
}

async function write(manifest: Manifest): Promise<Uint8Array> {
  const contents = emptyMemoryContents()
  await writeManifest((await openMemoryStore(contents)).blobs, manifest, checksum)
  return contents.blobs.get('manifest.json') ?? new Uint8Array(0)
}

test('a manifest gives back what was written', async () => {
  for (const manifest of [full, grouped]) expect(await read(await write(manifest))).toEqual(manifest)
})

test('the manifest that version 1 wrote stays readable', async () => {
  const golden = new URL('../golden/manifest/v1/two-segments.manifest', import.meta.url)
  expect(await read(new Uint8Array(readFileSync(golden)))).toMatchObject({
    segments: [
      {
        name: `${'0a'.repeat(32)}.seg`,
        bytes: 1234,
        tables: new Map([
          ['cpu', { rows: 10, minTime: -5n, maxTime: 2n ** 62n }],
          ['__proto__', { rows: 1, minTime: 0n, maxTime: 0n }],
        ]),
      },
      {
        name: `${'ff'.repeat(32)}.seg`,
        bytes: 99,
        tables: new Map([['cpu', { rows: 2, minTime: 7n, maxTime: 8n }]]),
      },
    ],
    logStart: 77,
    tables: new Map([
      [
        'cpu',
        {
          tags: ['host'],
          fields: new Map([
            ['usage', 'f64'],
            ['n', 'i64'],
            ['up', 'bool'],
            ['note', 'string'],
          ]),
        },
      ],
    ]),
    written: { flushed: 0, compacted: 0 },
    producers: new Map(),
    deletes: { next: 0, waiting: [] },
    definitions: { tables: new Map(), views: new Map() },
  })
})

test('the manifest that version 3 wrote stays readable', async () => {
  const golden = (name: string): Uint8Array =>
    new Uint8Array(readFileSync(new URL(`../golden/manifest/v3/${name}.manifest`, import.meta.url)))
  expect(await read(golden('everything'))).toEqual(full)
  expect(await read(golden('stale-groups'))).toEqual(grouped)
})

describe('a damaged manifest is refused', () => {
  test('cut at any byte', async () => {
    const bytes = await write(full)
    for (let length = 0; length < bytes.length; length++) {
      await expect(read(bytes.slice(0, length)), `cut at ${length}`).rejects.toMatchObject({ kind: 'corrupt' })
    }
  })

  test('with any bit flipped', async () => {
    const bytes = await write(full)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = bytes.slice()
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await expect(read(copy), `bit ${bit}`).rejects.toMatchObject({ kind: 'corrupt' })
    }
  })
})

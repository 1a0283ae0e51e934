import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)

test('the generated kernels are what their generator makes', async () => {
  const script: unknown = await import(new URL('scripts/generate-kernels.mjs', root).href)
  if (typeof script !== 'object' || script === null || !('generateKernels' in script)) throw new Error('no generator')
  const { generateKernels } = script
  if (typeof generateKernels !== 'function') throw new Error('the generator is no function')
  const files = Object.entries(generateKernels())
  expect(files.length).toBe(7)
  for (const [path, text] of files) expect(await readFile(new URL(path, root), 'utf8')).toBe(text)
})

import { expect, test, vi } from 'vitest'
import { fittingCoreFile } from '../../engine/kernel/core-file.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { settledNames } from '../support/settled-names.ts'

test('an engine that validates vectors gets the core with vectors', () => {
  expect(fittingCoreFile()).toBe('core.wasm')
})

test('an engine that refuses a module for its vectors gets the scalar core', () => {
  const asked: Uint8Array[] = []
  const file = fittingCoreFile((module) => {
    if (!(module instanceof Uint8Array)) throw new Error('expected bytes')
    asked.push(module)
    return false
  })
  expect(file).toBe('core-scalar.wasm')
  // Valid but for the vector: with `i64.const` in place of `v128.const` any engine takes it.
  const [module = new Uint8Array()] = asked
  expect(WebAssembly.validate(Uint8Array.from(module))).toBe(true)
  const at = module.indexOf(0xfd)
  const body = [0x00, 0x42, 0x00, 0x1a, 0x0b]
  const plain = [...module.subarray(0, at - 4), body.length + 2, 0x01, body.length, ...body]
  expect(WebAssembly.validate(Uint8Array.from(plain))).toBe(true)
})

test('both cores have the same names', async () => {
  const exportsOf = async (file: 'core.wasm' | 'core-scalar.wasm'): Promise<unknown> =>
    WebAssembly.Module.exports(await loadCore(file))
  expect(await exportsOf('core-scalar.wasm')).toEqual(await exportsOf('core.wasm'))
})

test('a module that did not compile is read again', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValueOnce(new RangeError('out of memory'))
  await expect(loadCore('elementary.wasm')).rejects.toThrow('out of memory')
  expect(await loadCore('elementary.wasm')).toBeInstanceOf(WebAssembly.Module)
  compile.mockRestore()
})

test('appends, flushes and compactions of a store give the same bytes with either core', async () => {
  const scalar = await settledNames(() => loadCore('core-scalar.wasm'))
  expect(scalar.length).toBeGreaterThan(3)
  expect(scalar).toEqual(await settledNames(() => loadCore('core.wasm')))
})

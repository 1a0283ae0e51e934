import { readFile } from 'node:fs/promises'
import { fittingCoreFile, type ModuleFile } from './core-file.ts'

const cores = new Map<ModuleFile, Promise<WebAssembly.Module>>()

/**
 * The core that this engine can run, or another that is asked for, read from the package and compiled once; a later call tries again
 * where it failed.
 */
export function loadCore(file: ModuleFile = fittingCoreFile()): Promise<WebAssembly.Module> {
  let core = cores.get(file)
  if (core === undefined) {
    core = readFile(new URL(`../../${file}`, import.meta.url))
      .then((bytes) => WebAssembly.compile(bytes))
      .catch((error: unknown) => {
        cores.delete(file)
        throw error
      })
    cores.set(file, core)
  }
  return core
}

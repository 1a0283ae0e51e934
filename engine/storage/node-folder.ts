import { mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileError } from './node-error.ts'

/** Makes the names in a folder durable. Windows cannot open a folder; its file systems log names by themselves. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Creates a folder and those above it where they are missing, durably. */
export async function makeFolder(path: string): Promise<void> {
  try {
    const topmost = await mkdir(path, { recursive: true })
    if (topmost === undefined) return
    const last = dirname(resolve(topmost))
    let above = resolve(path)
    do {
      above = dirname(above)
      await syncFolder(above)
    } while (above !== last && above !== dirname(above))
  } catch (error) {
    throw fileError(error, 'use as a folder', path)
  }
}

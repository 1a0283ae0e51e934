import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Version in the nearest `package.json` of this package: one folder up in the sources, three in `dist`. */
function readVersion(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  for (const folder of [join(here, '..'), join(here, '..', '..', '..')]) {
    const version = versionAt(join(folder, 'package.json'))
    if (version !== undefined) return version
  }
  throw new Error(`no package.json of tidemark above ${here}`)
}

function versionAt(path: string): string | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null || !('name' in content) || !('version' in content))
    return undefined
  return content.name === 'tidemark' && typeof content.version === 'string' ? content.version : undefined
}

/** Version of this package. */
export const VERSION: string = readVersion()

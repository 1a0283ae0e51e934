import type { Platform, Thread } from './platform.ts'

/** The platform that this runs on; a page never loads Node's parts. */
export async function loadPlatform(): Promise<{ platform: Platform; spawn: () => Thread }> {
  if (globalThis.process?.versions?.node !== undefined) {
    const [{ nodePlatform }, { spawnNodeThread }] = await Promise.all([
      import('./node-platform.ts'),
      import('./node-thread.ts'),
    ])
    return { platform: nodePlatform, spawn: spawnNodeThread }
  }
  const [{ browserPlatform }, { spawnBrowserThread }] = await Promise.all([
    import('./browser-platform.ts'),
    import('./browser-thread.ts'),
  ])
  return { platform: browserPlatform, spawn: spawnBrowserThread }
}

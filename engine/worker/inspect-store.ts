import { TidemarkError } from '../core/errors.ts'
import { loadPlatform } from './load-platform.ts'
import type { StoreReport } from './store-report.ts'

/**
 * What lies in a store's folder, or in one segment, read without opening the store: it may be open elsewhere, or damaged. Throws `io` where
 * the path cannot be read, `invalid` where it is no store, and in a browser.
 */
export async function inspectStore(path: string): Promise<StoreReport> {
  const { platform } = await loadPlatform()
  if (!platform.hasFolders) throw new TidemarkError('invalid', 'a browser has no folders to inspect')
  return (await import('./node-inspection.ts')).inspectPath(path)
}

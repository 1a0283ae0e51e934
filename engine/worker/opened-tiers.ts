import { COLD_MANIFEST_COPY } from '../storage/manifest.ts'
import type { Store } from '../storage/store.ts'
import type { ColdMover, ColdParts } from './cold/cold-mover.ts'
import type { OpenedTiers, Tiers } from './tiers.ts'

/** The tiers of a store: as they were given, or what stands for a cold tier that it has and that was not given. */
export async function openedTiers(options: {
  tiers?: Tiers
  store: Pick<Store, 'blobs'>
}): Promise<OpenedTiers | undefined> {
  if (options.tiers) return options.tiers
  const names = await options.store.blobs.list()
  return names.some(({ name }) => name === COLD_MANIFEST_COPY) ? { cold: { kind: 'closed' } } : undefined
}

/** The cold tier of a store, for its writer; what it needs is loaded where there is one. */
export async function openedCold(parts: Omit<ColdParts, 'tiers'> & { tiers?: Tiers }): Promise<ColdMover | undefined> {
  const tiers = await openedTiers(parts)
  if (tiers === undefined) return undefined
  const { openColdMover } = await import('./cold/cold-mover.ts')
  return openColdMover({ ...parts, tiers })
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { TidemarkError } from '../core/errors.ts'
import { Kernel } from '../kernel/kernel.ts'
import { loadCore } from '../kernel/load-node.ts'
import { scanLogFile } from '../storage/log-file.ts'
import { MANIFEST_NAME } from '../storage/manifest.ts'
import { NodeBlobStore } from '../storage/node-blob-store.ts'
import { type Damage, type LogReport, reportStore, type StoreReport } from './store-report.ts'

const LOG_NAME = /^(\d{16})\.log$/

/**
 * Reads a store's folder, or one segment, without opening the store: it takes no lock and writes nothing, so that it may be open
 * elsewhere. What changes meanwhile can look like damage. Throws `io` where the path cannot be read, `invalid` where it is no store.
 */
export async function inspectPath(path: string): Promise<StoreReport> {
  const kernel = await Kernel.create(await loadCore())
  const place = resolve(path)
  const isFolder = await isDirectory(place)
  if (!isFolder) return { ...(await reportSegment(place, kernel)), log: [] }
  if (!(await readdir(place)).includes('blobs')) {
    throw new TidemarkError('invalid', `${place} is no store: it has no folder 'blobs'`)
  }
  const blobs = new NodeBlobStore(join(place, 'blobs'))
  try {
    const report = await reportStore(blobs, kernel)
    const { files, damage } = await reportLog(join(place, 'log'), kernel)
    return { ...report, log: files, damage: [...report.damage, ...damage, ...gapOf(report, files)] }
  } finally {
    await blobs.close()
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TidemarkError('io', `cannot read ${path}: ${reason}`, { cause: error })
  }
}

/** A segment by itself: that nothing names it is no matter. */
async function reportSegment(path: string, kernel: Kernel): Promise<Omit<StoreReport, 'log'>> {
  const { segmentAlone } = await import('./store-report.ts')
  const blobs = new NodeBlobStore(dirname(path))
  try {
    return await segmentAlone(blobs, { name: basename(path), bytes: (await stat(path)).size }, kernel)
  } finally {
    await blobs.close()
  }
}

async function reportLog(folder: string, kernel: Kernel): Promise<{ files: LogReport[]; damage: Damage[] }> {
  const found = (await readdir(folder).catch(() => [])).filter((name) => LOG_NAME.test(name)).sort()
  const files: LogReport[] = []
  const damage: Damage[] = []
  for (const [i, name] of found.entries()) {
    const bytes = await readFile(join(folder, name))
    const next = found[i + 1]
    try {
      const checksum = (some: Uint8Array): number => kernel.checksum(some)
      const scan = scanLogFile(bytes, {
        ...{ name, first: positionOf(name), checksum },
        ...(next !== undefined && { next: positionOf(next) }),
      })
      files.push({ name, bytes: bytes.length, records: scan.frames.length })
      damage.push(...scan.damage.map(({ message }) => ({ where: name, what: message })))
    } catch (error) {
      damage.push({ where: name, what: error instanceof Error ? error.message : String(error) })
    }
  }
  return { files, damage }
}

/** Records between what the manifest says is in segments and what the log has. */
function gapOf({ manifest, damage }: Pick<StoreReport, 'manifest' | 'damage'>, files: readonly LogReport[]): Damage[] {
  const [first, last] = [files[0], files.at(-1)]
  if (first === undefined || last === undefined || damage.length > 0) return []
  const [begins, ends] = [positionOf(first.name), positionOf(last.name) + last.records]
  const from = manifest?.logStart ?? 0
  if (begins > from) {
    const what = `the log goes on at record ${begins}, ${manifest ? 'the manifest' : 'a store without a manifest'} wants it from ${from} on`
    return [{ where: manifest ? first.name : MANIFEST_NAME, what }]
  }
  return ends < from ? [{ where: last.name, what: `it ends before record ${ends}, the manifest says ${from}` }] : []
}

function positionOf(name: string): number {
  return Number(LOG_NAME.exec(name)?.[1] ?? 0)
}

import { TidemarkError } from '../core/errors.ts'
import { browserError } from './browser-error.ts'
import { folderName, hasFolder, makeFolder, removeFolder } from './opfs-folder.ts'

/**
 * A browser that takes IndexedDB for damaged removes all databases of the site, and who opens one gets an empty one. So an
 * empty folder beside those of the databases in files tells of each database that there was one.
 */
function markOf(database: string): string {
  return `indexeddb${folderName(database)}`
}

/** Whether this site has a database of IndexedDB of that name. */
export async function hasIndexedDb(name: string): Promise<boolean> {
  try {
    return (await indexedDB.databases()).some((database) => database.name === name)
  } catch (error) {
    throw browserError(error, 'list the databases')
  }
}

/** Says that there is a database from now on, as far as the browser has files: without a mark nothing but the warning is lost. */
export async function markDatabase(database: string): Promise<void> {
  await makeFolder(markOf(database)).catch(() => undefined)
}

/**
 * Throws `corrupt` where a database was here and is gone, and forgets it where it is to be replaced. Asks for the mark first:
 * another tab makes it after the database.
 */
export async function checkNotLost(database: string, replaceLost: boolean): Promise<void> {
  const isMarked = await hasFolder(markOf(database)).catch(() => false)
  if (!isMarked || (await hasIndexedDb(database))) return
  if (replaceLost) return removeFolder(markOf(database))
  throw new TidemarkError('corrupt', `the browser has lost the database '${database}', which was kept in IndexedDB`, {
    hint: 'Open it with replaceLost: true to begin anew, or to restore a backup.',
  })
}

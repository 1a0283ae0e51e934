import { type FileHandle, open, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TidemarkError } from '../core/errors.ts'
import { errorCode, fileError } from './node-error.ts'

/**
 * `LOCK.<pid>.<start>`. The name says who holds the folder, so a lock is made in one step, and that of a dead process
 * can be removed without a doubt whose it is: no other process ever has the same pid and start.
 */
const LOCK_NAME = /^LOCK\.(\d{1,10})\.([0-9a-f]{8}-\d{1,20}|unknown)$/
const UNKNOWN_START = 'unknown'
const ATTEMPTS = 4
const RETRY_MS = 20

/** Files of the locks that this thread holds: one that nobody refers to would be closed by the garbage collector. */
const held = new Set<FileHandle>()

interface Holder {
  pid: number
  /** Boot and clock ticks since then. */
  start: string
}

/**
 * Takes a folder for this process and returns how to let it go. Each taker first makes its own lock and then looks for
 * others: of two at once, at least one sees the other and gives way. Throws `locked` where a living process holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own: Holder = { pid: process.pid, start: (await startOf(process.pid)) ?? UNKNOWN_START }
  const path = join(folder, `LOCK.${own.pid}.${own.start}`)
  for (let attempt = 1; ; attempt++) {
    const file = await createLock(path)
    if (!file) throw lockedBy(own, folder, path)
    held.add(file)
    const unlock = async (): Promise<void> => {
      held.delete(file)
      await rm(path, { force: true }).finally(() => file.close())
    }
    const other = await findOther(folder, own).catch(async (error: unknown) => {
      await unlock()
      throw fileError(error, 'lock the folder', folder)
    })
    if (!other) return unlock
    await unlock()
    if (attempt === ATTEMPTS) throw lockedBy(other, folder, join(folder, `LOCK.${other.pid}.${other.start}`))
    // Takers that met each other come back at different times.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS + (own.pid % RETRY_MS)))
  }
}

/** Another living holder; locks of dead ones are removed. */
async function findOther(folder: string, own: Holder): Promise<Holder | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = LOCK_NAME.exec(name) ?? []
    if (pid === undefined || start === undefined) continue
    const holder: Holder = { pid: Number(pid), start }
    if (holder.pid === own.pid && holder.start === own.start) continue
    if (await isAlive(holder)) return holder
    await rm(join(folder, name), { force: true })
  }
  return undefined
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.start !== UNKNOWN_START) return (await startOf(holder.pid)) === holder.start
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** When a process was started, where the platform tells (Linux); undefined also for a process that is dead. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // proc_pid_stat(5): the name in parentheses may itself hold anything; after it come state (3rd) .. starttime (22nd).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticks] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined
    return `${boot.slice(0, 8)}-${ticks}`
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

/**
 * The lock's file, which stays open as long as its holder lives; undefined where this process has the folder already. One
 * that nobody here has open was left by a worker thread that was terminated.
 */
async function createLock(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw fileError(error, 'lock the folder with', path)
    return (await isOpenHere(path)) ? undefined : open(path, 'w')
  }
}

/** Whether this process has a file open; where the platform does not tell, it may. */
async function isOpenHere(path: string): Promise<boolean> {
  const files = await openFiles()
  return files === undefined || files.includes(await realpath(path))
}

async function openFiles(): Promise<string[] | undefined> {
  const folder = '/proc/self/fd'
  try {
    const names = await readdir(folder)
    // The one that lists the folder is closed by now.
    return await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function lockedBy(holder: Holder, folder: string, path: string): TidemarkError {
  const who = holder.pid === process.pid ? `this process (pid ${holder.pid})` : `process ${holder.pid}`
  return new TidemarkError('locked', `${folder} is in use by ${who}`, {
    hint: `Stop that process or choose another folder. If it is not a Tidemark, delete ${path}.`,
  })
}

import { open, readdir, readFile, rm } from 'node:fs/promises'
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
    if (!(await createFile(path))) throw lockedBy(own, folder, path)
    const other = await findOther(folder, own)
    if (!other) return () => rm(path, { force: true })
    await rm(path, { force: true })
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

/** False where the file is there already. */
async function createFile(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.close()
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw fileError(error, 'lock the folder with', path)
  }
}

function lockedBy(holder: Holder, folder: string, path: string): TidemarkError {
  const who = holder.pid === process.pid ? `this process (pid ${holder.pid})` : `process ${holder.pid}`
  return new TidemarkError('locked', `${folder} is in use by ${who}`, {
    hint: `Stop that process or choose another folder. If it is not a Tidemark, delete ${path}.`,
  })
}

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const TICKS_PER_SECOND = 100
/** Only Linux tells about other processes in files. Elsewhere their processor time is not known. */
const HAS_PROC = existsSync('/proc/self/stat')

/** Fields of /proc/PID/stat from the third on, since the second may hold spaces. */
function statFields(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Processor seconds, user and system, of a process with all its threads. */
export function cpuSecondsOf(pid: number): number | undefined {
  if (!HAS_PROC) return undefined
  const fields = statFields(pid)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Processor seconds of the own process with its worker threads. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The parent of each running process. */
function parents(): Map<number, number> {
  const found = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      found.set(Number(name), Number(statFields(name)[1]))
    } catch (error) {
      // A process may end between the listing and the reading.
      if (!isGone(error)) throw error
    }
  }
  return found
}

/** The child of the own process that has a text in its command line. */
export function childWithArgument(text: string): number | undefined {
  if (!HAS_PROC) return undefined
  for (const [pid, parent] of parents()) {
    if (parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)) return pid
  }
  throw new Error(`no child process has '${text}' in its command line`)
}

/** Processor seconds of a process and its living descendants. */
export function cpuSecondsOfTree(root: number): number | undefined {
  if (!HAS_PROC) return undefined
  const family = new Set([root])
  const known = parents()
  let grown = true
  while (grown) {
    grown = false
    for (const [pid, parent] of known) {
      if (!family.has(parent) || family.has(pid)) continue
      family.add(pid)
      grown = true
    }
  }
  let sum = 0
  for (const pid of family) {
    try {
      sum += cpuSecondsOf(pid) ?? 0
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return sum
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
}

/** Bytes of the files below a folder, without the holes of sparse ones. */
export function folderBytes(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    try {
      const { size, blocks } = statSync(join(entry.parentPath, entry.name))
      sum += Math.min(size, blocks * 512)
    } catch (error) {
      // A server may merge a file away meanwhile.
      if (!isGone(error)) throw error
    }
  }
  return sum
}

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openOverFiles } from './engine-over-files.ts'
import { checkRequests } from './numbered-requests.ts'

const INGEST = fileURLToPath(new URL('ingest-until-killed.ts', import.meta.url))
const LONGEST_LIFE_MS = 120

/**
 * Has a process ingest into a folder, kills it with SIGKILL at a random moment, and checks what the folder holds; again and
 * again over the same folder. Returns how many requests were acknowledged.
 */
export async function killRounds(directory: string, rounds: number, next: () => number): Promise<number> {
  const acknowledged = new Set<number>()
  let first = 0
  for (let round = 0; round < rounds; round++) {
    const begunBefore = first
    const known = await ingestUntilKilled(directory, first, next() % LONGEST_LIFE_MS)
    for (const request of known) acknowledged.add(request)
    const engine = await openOverFiles(directory, 0)
    // The process tells of what was acknowledged, not of what it had begun: that is from its first number on.
    const found = await checkRequests(engine.queryable, { acknowledged, wasBegun: (request) => request >= 0 })
    for (const request of found) if (request < begunBefore && !acknowledged.has(request)) checkEarlier(request, round)
    for (const request of found) {
      acknowledged.add(request)
      first = Math.max(first, request + 1)
    }
    await engine.close()
  }
  return acknowledged.size
}

function checkEarlier(request: number, round: number): never {
  throw new Error(`round ${round}: request ${request} was not there after an earlier kill and is there now`)
}

async function ingestUntilKilled(directory: string, first: number, lifeMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [INGEST, directory, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged: number[] = []
  const ended = new Promise((resolve) => child.on('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), lifeMs)
    else acknowledged.push(Number(line))
  }
  await ended
  if (child.signalCode !== 'SIGKILL') throw new Error(`the process ended by itself with code ${child.exitCode}`)
  return acknowledged
}

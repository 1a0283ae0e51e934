import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000

export interface ServerProcess {
  pid: number
  stop(): Promise<void>
}

/** A TCP port of the loopback interface that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('the port of a listening socket is not known'))
      })
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await gone
  clearTimeout(timer)
}

/**
 * Starts a server and waits until `ready` no longer throws. Its output goes to a file, whose end a failure
 * quotes. It does not outlive the own process.
 */
export async function startServer(
  command: readonly [string, ...string[]],
  options: { log: string; ready: () => Promise<unknown>; cwd?: string },
): Promise<ServerProcess> {
  const [program, ...args] = command
  const log = openSync(options.log, 'a')
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  closeSync(log)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let failure: string | undefined
  child.once('error', (error) => {
    failure = error.message
  })
  child.once('exit', (code, signal) => {
    failure = `${program} ended with ${code ?? signal}: ${readFileSync(options.log, 'utf8').slice(-500)}`
  })
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      await options.ready()
      break
    } catch (error) {
      if (failure === undefined && performance.now() < deadline) await sleep(50)
      else {
        await stop(child)
        throw new Error(failure ?? `${program} did not start in ${START_TIMEOUT_MS / 1000} s`, { cause: error })
      }
    }
  }
  if (child.pid === undefined) throw new Error(`${program} has no process`)
  return { pid: child.pid, stop: () => stop(child) }
}

export interface HttpClient {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Buffer>
  post(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Buffer>
  close(): void
}

/** A client of a loopback port with connections that stay open. Any status from 300 on is an error with the body. */
export function httpClient(port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const send = (
    method: string,
    path: string,
    options: { body?: string | Uint8Array; headers?: Readonly<Record<string, string>> },
  ): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const { body, headers } = options
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
      const call = request(
        { host: '127.0.0.1', port, method, path, agent, headers: { ...length, ...headers } },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => {
            const whole = Buffer.concat(parts)
            const status = response.statusCode ?? 0
            if (status < 300) resolve(whole)
            else reject(new Error(`${status} ${path.slice(0, 200)}: ${whole.toString().slice(0, 500)}`))
          })
        },
      )
      call.on('error', reject)
      call.end(body)
    })
  return {
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    close: () => agent.destroy(),
  }
}

/** Waits until a number has not changed for `forMs`, and gives it. */
export async function settled(read: () => number, forMs: number, timeoutMs = 180_000): Promise<number> {
  const deadline = performance.now() + timeoutMs
  let last = read()
  let since = performance.now()
  while (performance.now() - since < forMs) {
    if (performance.now() > deadline) throw new Error(`still changing after ${timeoutMs / 1000} s`)
    await sleep(250)
    const now = read()
    if (now !== last) since = performance.now()
    last = now
  }
  return last
}

/** Whether a program can be found. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The version of a Debian package, for programs that do not say theirs. */
export function packageVersion(name: string): string {
  try {
    const line = execFileSync('dpkg-query', ['-W', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return line.split('\t')[1]?.trim() ?? 'unknown version'
  } catch {
    return 'unknown version'
  }
}

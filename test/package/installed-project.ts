import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }

export const ROOT: string = join(import.meta.dirname, '..', '..')

const START_MS = 20_000
/** How long a process may take to stop after it was asked to. */
const STOP_MS = 10_000
const POLL_MS = 50

export interface Packed {
  filename: string
  files: readonly { path: string; size: number }[]
}

export interface Ran {
  status: number | null
  stdout: string
  stderr: string
}

/** The Node that runs the tests, and the npm that ran them: what is installed beside is of no account. */
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  npm_config_update_notifier: 'false',
}

function runNpm(cwd: string, args: readonly string[]): Ran {
  const npm = process.env.npm_execpath
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm]
  const shell = npm === undefined && process.platform === 'win32'
  const ran = spawnSync(command ?? 'npm', [...first, ...args], { cwd, env: environment, encoding: 'utf8', shell })
  if (ran.status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${ran.stderr}${ran.stdout}`)
  return ran
}

/** An empty project in a folder of its own, into which the package is installed as a user would. */
export class InstalledProject {
  readonly folder: string
  readonly packed: Packed
  readonly #running: ChildProcess[] = []
  readonly #variables: Record<string, string> = {}

  private constructor(folder: string, packed: Packed) {
    this.folder = folder
    this.packed = packed
  }

  /** Packs what was built and installs it, with what it depends on and nothing else. */
  static create(): InstalledProject {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-package-'))
    const { stdout } = runNpm(ROOT, ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
    const [packed] = JSON.parse(stdout) as Packed[]
    if (packed === undefined) throw new Error('npm pack packed nothing')
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    const project = new InstalledProject(folder, packed)
    project.install(['tidemark'])
    return project
  }

  /** `npm install` of packages by name: ours is the packed one, others have the versions that we test with. */
  install(names: readonly string[]): void {
    const tested: Readonly<Record<string, string>> = { ...manifest.dependencies, ...manifest.devDependencies }
    const wanted = names.map((name) => {
      if (name === 'tidemark') return `./${this.packed.filename}`
      const version = tested[name]
      if (version === undefined) throw new Error(`the project does not know the package ${name}`)
      return `${name}@${version}`
    })
    runNpm(this.folder, ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...wanted])
  }

  npm(...args: readonly string[]): Ran {
    return runNpm(this.folder, args)
  }

  /** Sets a variable of the environment of what is run later. */
  set(variable: string, value: string): void {
    this.#variables[variable] = value
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs a JavaScript module in the project. */
  runModule(name: string, text: string): Promise<Ran> {
    this.write(name, text)
    return this.#finish(this.#spawn(process.execPath, [name]))
  }

  /** Runs a line of a shell in the project. */
  runShell(line: string): Promise<Ran> {
    return this.#finish(this.#spawn(line))
  }

  /** Starts a command that stays, and resolves once it has said something on its standard output or error. */
  startShell(line: string, said: RegExp): Promise<void> {
    const child = this.#spawn(line)
    this.#running.push(child)
    return new Promise((resolve, reject) => {
      let output = ''
      const timer = setTimeout(() => reject(new Error(`'${line}' said only: ${output}`)), START_MS)
      const listen = (chunk: Buffer): void => {
        output += chunk
        if (!said.test(output)) return
        clearTimeout(timer)
        resolve()
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
      child.once('exit', (code) => {
        clearTimeout(timer)
        reject(new Error(`'${line}' ended with ${code}: ${output}`))
      })
    })
  }

  /** Stops what was started and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(this.#running.map(stop))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** A group of its own, since a shell does not hand signals on. */
  #spawn(command: string, args?: readonly string[]): ChildProcess {
    const env = { ...environment, ...this.#variables }
    const options = { cwd: this.folder, env, detached: process.platform !== 'win32' }
    return args === undefined ? spawn(command, { ...options, shell: true }) : spawn(command, args, options)
  }

  #finish(child: ChildProcess): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const ran: Ran = { status: null, stdout: '', stderr: '' }
      child.stdout?.on('data', (chunk: Buffer) => {
        ran.stdout += chunk
      })
      child.stderr?.on('data', (chunk: Buffer) => {
        ran.stderr += chunk
      })
      child.once('error', reject)
      child.once('close', (status) => resolve({ ...ran, status }))
    })
  }
}

/** Asks a command to stop, and waits for all that it started: its shell ends at once, the server under it a little later. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const group = process.platform === 'win32' ? child.pid : -child.pid
  const deadline = performance.now() + STOP_MS
  let signal: NodeJS.Signals | 0 = 'SIGTERM'
  // Where process 1 does not bury the dead, they would answer for ever.
  while (sendSignal(group, signal) && signal !== 'SIGKILL') {
    signal = performance.now() < deadline ? 0 : 'SIGKILL'
    await pause(POLL_MS)
  }
}

/** False where nobody is there any more; signal 0 only asks. */
function sendSignal(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(group, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}

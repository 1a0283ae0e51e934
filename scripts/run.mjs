// npm's scripts: `node scripts/run.mjs TASK [arguments]`. Sets up what is missing, then runs the task on a fitting Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ensureChromium, ensureNode, ensurePackages, fail, root, whenChanged } from './setup.mjs'

const PARENT_CHECK_MS = 250

const SOURCES = {
  core: [
    'wasm',
    'scripts/lower-simd.mjs',
    'scripts/simd-floats.mjs',
    'scripts/simd-halves.mjs',
    'scripts/simd-operations.mjs',
    'asconfig.json',
    'package-lock.json',
  ],
  dist: [
    'wasm',
    'engine',
    'relay',
    'web',
    'scripts',
    'package.json',
    'package-lock.json',
    'vite.config.ts',
    'tsconfig.json',
  ],
}

/** Hash of names, sizes and times: sources change by being written. */
function fingerprint(paths) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const stat = statSync(path)
    if (!stat.isDirectory()) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\0`)
    else for (const name of readdirSync(path).sort()) if (name !== 'node_modules') visit(join(path, name))
  }
  for (const path of paths) if (existsSync(join(root, path))) visit(join(root, path))
  return hash.digest('hex')
}

const [task, ...rest] = process.argv.slice(2)
process.chdir(root)
const node = ensureNode()
ensurePackages()

const environment = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) }
const bin = (packageName, name = packageName) => {
  const folder = join(root, 'node_modules', packageName)
  const { bin: entry } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof entry === 'string' ? entry : entry[name])
}

/** Runs a step to its end; its failure is ours. */
function step(...args) {
  const done = spawnSync(node, args, { stdio: 'inherit', env: environment })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

const buildCore = () => whenChanged('core', fingerprint(SOURCES.core), () => step('scripts/build.mjs', 'core'))
const buildAll = () => {
  buildCore()
  whenChanged('dist', fingerprint(SOURCES.dist), () => step('scripts/build.mjs', 'dist'))
}
const vitest = (...args) => {
  environment.CHROMIUM = ensureChromium()
  buildAll()
  step(bin('vitest'), 'run', ...args, ...rest)
}

const tasks = {
  build: () => {
    buildCore()
    step('scripts/build.mjs', 'dist')
  },
  core: buildCore,
  check: () => {
    buildCore()
    step(bin('typescript', 'tsc'), '--noEmit')
    step(bin('@biomejs/biome', 'biome'), 'check', '--error-on-warnings')
  },
  format: () => step(bin('@biomejs/biome', 'biome'), 'check', '--write'),
  test: () => {
    tasks.check()
    vitest()
  },
  'test:slow': () => vitest('--config', 'vitest.slow.config.ts'),
  bench: () => {
    buildAll()
    step('test/bench/bench.ts', ...rest)
  },
  /** The one task that stays: it gets the signals that we get, and its exit is ours. */
  start: () => {
    buildAll()
    const child = spawn(node, ['dist/node/bundle/cli.js', 'serve', ...rest], { stdio: 'inherit', env: environment })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    // npm hands SIGTERM to the shell between us, which dies of it and hands on nothing: we notice by our new parent.
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), PARENT_CHECK_MS)
    child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
  },
  /** Any script of the project on the fitting Node: `node scripts/run.mjs node FILE ...`. */
  node: () => step(...rest),
}
if (!Object.hasOwn(tasks, task)) fail(`no task '${task}'; there are ${Object.keys(tasks).join(', ')}.`)
tasks[task]()

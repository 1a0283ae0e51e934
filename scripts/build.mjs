// `node scripts/build.mjs core` compiles the WebAssembly core; `... dist` makes the package and the web app in dist/.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lowerSimd } from './lower-simd.mjs'
import { root } from './setup.mjs'

function run(script, ...args) {
  const done = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

/** Adds a custom section that tells one build of a module from another: the SHA-256 of what was there. */
function withBuild(bytes) {
  const name = Buffer.from('build')
  const section = Buffer.concat([Buffer.of(name.length), name, createHash('sha256').update(bytes).digest()])
  return Buffer.concat([bytes, Buffer.of(0, section.length), section])
}

/** Under another name first: whoever loads the core meanwhile gets the old one or the new one, never a part. */
function buildCore() {
  const unfinished = `core.wasm.${process.pid}`
  const scalar = `core-scalar.wasm.${process.pid}`
  const elementary = `elementary.wasm.${process.pid}`
  run('assemblyscript/bin/asc.js', '--config', 'asconfig.json', '--target', 'release', '--outFile', unfinished)
  const core = readFileSync(join(root, unfinished))
  writeFileSync(join(root, scalar), withBuild(lowerSimd(core)))
  writeFileSync(join(root, unfinished), withBuild(core))
  const options = ['--config', 'none', '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--use', 'abort=']
  run('assemblyscript/bin/asc.js', 'wasm/math/elementary.ts', ...options, '--outFile', elementary)
  renameSync(join(root, elementary), join(root, 'elementary.wasm'))
  renameSync(join(root, scalar), join(root, 'core-scalar.wasm'))
  renameSync(join(root, unfinished), join(root, 'core.wasm'))
}

/** tsc rewrites import specifiers but not `new URL('./file.ts', import.meta.url)`, by which workers are named. */
function rewriteWorkerUrls(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue
    const path = join(entry.parentPath, entry.name)
    const text = readFileSync(path, 'utf8')
    const rewritten = text.replace(/(new URL\('[^']+)\.ts'/g, "$1.js'")
    if (rewritten !== text) writeFileSync(path, rewritten)
  }
}

function buildDist() {
  for (const folder of ['engine', 'relay', 'web', 'app'])
    rmSync(join(root, 'dist', folder), { recursive: true, force: true })
  rmSync(join(root, '.cache', 'build.tsbuildinfo'), { force: true })
  mkdirSync(join(root, 'dist'), { recursive: true })
  run('typescript/bin/tsc', '--project', 'tsconfig.build.json')
  rewriteWorkerUrls(join(root, 'dist'))
  for (const file of ['core.wasm', 'core-scalar.wasm', 'elementary.wasm']) {
    copyFileSync(join(root, file), join(root, 'dist', file))
  }
  run('vite/bin/vite.js', 'build', '--logLevel', 'warn')
}

if (process.argv[2] === 'core') buildCore()
else buildDist()

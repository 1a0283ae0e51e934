// `node scripts/build.mjs core` compiles the WebAssembly core; `... dist` makes the package and the web app in dist/.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
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

/** Neither tsc nor a build for Node rewrites `new URL('./file.ts', import.meta.url)`, by which workers are named. */
function rewriteWorkerUrls(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue
    const path = join(entry.parentPath, entry.name)
    const text = readFileSync(path, 'utf8')
    const rewritten = text.replace(/(new URL\((['"])[^'"]+)\.ts\2/g, '$1.js$2')
    if (rewritten !== text) writeFileSync(path, rewritten)
  }
}

/** Of the relay, which is for Node alone, the bundle has all but the types. */
function removeScripts(folder) {
  for (const name of readdirSync(folder, { recursive: true })) if (name.endsWith('.js')) rmSync(join(folder, name))
}

/**
 * Few files for Node in place of hundreds, by entry: each thread reads and links what it loads anew. Packages stay outside. All lie two
 * folders deep in `dist`, as the sources that look for the core and the app from where they are. Bundlers of pages take the modules.
 */
async function bundleForNode() {
  const outDir = join(root, 'dist', 'node', 'bundle')
  const input = {
    engine: 'engine/engine.ts',
    'node-worker': 'engine/worker/node-worker.ts',
    relay: 'relay/app.ts',
    cli: 'relay/cli.ts',
  }
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ssr: { external: true, target: 'node' },
    define: { 'globalThis.process.versions.node': JSON.stringify('node') },
    build: {
      ...{ ssr: true, outDir, emptyOutDir: true, target: 'es2024', minify: false },
      rolldownOptions: { input, output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
    },
  })
  rewriteWorkerUrls(outDir)
}

async function buildDist() {
  for (const folder of ['engine', 'relay', 'web', 'app', 'node'])
    rmSync(join(root, 'dist', folder), { recursive: true, force: true })
  rmSync(join(root, '.cache', 'build.tsbuildinfo'), { force: true })
  mkdirSync(join(root, 'dist'), { recursive: true })
  run('typescript/bin/tsc', '--project', 'tsconfig.build.json')
  rewriteWorkerUrls(join(root, 'dist'))
  removeScripts(join(root, 'dist', 'relay'))
  for (const file of ['core.wasm', 'core-scalar.wasm', 'elementary.wasm']) {
    copyFileSync(join(root, file), join(root, 'dist', file))
  }
  await bundleForNode()
  run('vite/bin/vite.js', 'build', '--logLevel', 'warn')
}

if (process.argv[2] === 'core') buildCore()
else await buildDist()

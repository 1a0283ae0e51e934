import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { describeSizes, engineSizes } from '../bench/size.ts'
import { freePort, InstalledProject, ROOT } from './installed-project.ts'
import { type CodeBlock, codeBlocks, shellLines } from './readme-blocks.ts'

const INSTALL_MS = 300_000
const README_MS = 300_000
const STATEMENT_MS = 10_000

/** What the core and the engine's JavaScript may take, compressed, before an optional part is loaded. */
const ENGINE_BYTES = 300_000

/** Files of the package that the thread of the caller may load to have a store open. Modules are 248. */
const MAX_ENGINE_FILES = 100

/** The port that the README speaks of; here it may be taken. */
const README_PORT = '8086'

let project: InstalledProject

beforeAll(() => {
  project = InstalledProject.create()
}, INSTALL_MS)

afterAll(() => project?.close())

/** JavaScript files of the installed package, but for the app, which is a bundle. */
function installedScripts(): string[] {
  const dist = join(project.folder, 'node_modules', 'tidemark', 'dist')
  return ['engine', 'node', 'web'].flatMap((folder) =>
    readdirSync(join(dist, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

/** Names of the packages that a script imports. */
function packagesOf(script: string): string[] {
  return ts
    .preProcessFile(readFileSync(script, 'utf8'))
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => !/^(\.|node:)/.test(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
}

describe('the package', () => {
  test('holds what was built, its README, change log and licence, and nothing else', () => {
    const paths = project.packed.files.map(({ path }) => path)
    const beside = paths.filter((path) => !path.startsWith('dist/'))
    expect(beside.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    const folders = new Set(paths.filter((path) => path.startsWith('dist/')).map((path) => path.split('/')[1]))
    expect([...folders].toSorted()).toEqual([
      'app',
      'core-scalar.wasm',
      'core.wasm',
      'elementary.wasm',
      'engine',
      'node',
      'relay',
      'web',
    ])
    expect(paths.filter((path) => /(^|\/)(test|node_modules|scripts)\/|\.test\.|\.map$/.test(path))).toEqual([])
  })

  test('has every file that its manifest names', () => {
    const entries = [...Object.values(manifest.exports), manifest.bin.tidemark].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    )
    const named = [...entries, ...Object.keys(manifest.browser).filter((path) => path.startsWith('./dist/'))]
    const paths = new Set(project.packed.files.map(({ path }) => path))
    expect(named.map((path) => path.replace(/^\.\//, '')).filter((path) => !paths.has(path))).toEqual([])
  })

  test('installs without what only development needs', () => {
    const { stdout } = project.npm('ls', '--all', '--parseable')
    const installed = stdout.split('\n').map((path) => path.replaceAll('\\', '/').split('/node_modules/').at(-1) ?? '')
    expect(installed).toContain('tidemark')
    const development = Object.keys(manifest.devDependencies).filter((name) => !(name in manifest.dependencies))
    expect(installed.filter((name) => development.includes(name) || /^node-(linux|darwin|win)/.test(name))).toEqual([])
  })

  test('imports only packages that install with it', () => {
    const scripts = installedScripts()
    expect(scripts.length).toBeGreaterThan(100)
    const missing = new Set(
      scripts
        .flatMap(packagesOf)
        .filter((name) => !statSync(join(project.folder, 'node_modules', name), { throwIfNoEntry: false })),
    )
    expect([...missing]).toEqual([])
  })

  test('its command says its version', async () => {
    const { stdout, status } = await project.runShell('npx tidemark --version')
    expect({ stdout, status }).toEqual({ stdout: `${manifest.version}\n`, status: 0 })
  })

  test('the entries that Node can load offer what they should', async () => {
    const { stdout, stderr } = await project.runModule(
      'entries.js',
      `import { readFileSync } from 'node:fs'
      import * as engine from 'tidemark'
      import * as relay from 'tidemark/relay'
      const core = readFileSync(new URL(import.meta.resolve('tidemark/core.wasm')))
      console.log(typeof engine.openEngine, typeof relay.createApp, WebAssembly.validate(core))`,
    )
    expect({ stdout, stderr }).toEqual({ stdout: 'function function true\n', stderr: '' })
  })

  test('Node loads the engine from few files', async () => {
    const { stdout, stderr } = await project.runModule(
      'few-files.js',
      `import { registerHooks } from 'node:module'
      const loaded = new Set()
      registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) })
      const { openEngine } = await import('tidemark')
      const engine = await openEngine({ store: { kind: 'files', directory: 'few-files' } })
      await engine.close()
      const own = [...loaded].filter((url) => url.includes('/tidemark/'))
      console.log(own.every((url) => url.includes('/tidemark/dist/node/bundle/')), own.length)`,
    )
    expect(stderr).toBe('')
    const [isBundle, count] = stdout.trim().split(' ')
    expect(isBundle).toBe('true')
    expect(Number(count)).toBeGreaterThan(0)
    expect(Number(count)).toBeLessThan(MAX_ENGINE_FILES)
  })

  test("a page's bundler finds the core and the workers, and nothing of Node", async () => {
    project.write(
      'page.js',
      `import { openEngine } from 'tidemark'\nwindow.opened = openEngine({ store: { kind: 'memory' } })`,
    )
    const built = await build({
      ...{ configFile: false, logLevel: 'error', root: project.folder },
      build: { write: false, target: 'esnext', rolldownOptions: { input: join(project.folder, 'page.js') } },
      worker: { format: 'es' },
    })
    if (!('output' in built)) throw new Error('expected the output of one bundle')
    const names = built.output.map(({ fileName }) => basename(fileName).replace(/-[\w-]{8}(?=\.)/, ''))
    expect(names).toEqual(expect.arrayContaining(['browser-worker.js', 'browser-store-worker.js', 'core.wasm']))
    const scripts = built.output.filter(({ fileName }) => fileName.endsWith('.js'))
    const texts = scripts.map((file) => (file.type === 'chunk' ? file.code : String(file.source)))
    expect(texts.filter((text) => /["']node:|worker_threads/.test(text))).toEqual([])
  })

  test('TypeScript finds its types', async () => {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    project.write(
      'typed.ts',
      `import { type Engine, openEngine, type StoreStatistics } from 'tidemark'
      const engine: Engine = await openEngine({ store: { kind: 'memory' } })
      const statistics: StoreStatistics = await engine.statistics()
      // @ts-expect-error: there is no such store
      await openEngine({ store: { kind: 'tape' } }).catch(() => statistics.series)
      await engine.close()`,
    )
    const flags = '--noEmit --strict --target es2024 --module nodenext --skipLibCheck'
    const { stdout, status } = await project.runShell(`node "${compiler}" ${flags} typed.ts`)
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })

  test(`core and engine take ${ENGINE_BYTES / 1000} kB compressed at most`, async () => {
    const sizes = await engineSizes()
    expect(sizes.map(({ name }) => name)).toContain('core.wasm')
    expect(
      sizes.reduce((total, { gzipBytes }) => total + gzipBytes, 0),
      describeSizes(sizes),
    ).toBeLessThanOrEqual(ENGINE_BYTES)
  })
})

describe('the README', () => {
  const blocks = codeBlocks(readFileSync(join(ROOT, 'README.md'), 'utf8'))

  test('has code to run: the library, the command, and a client', () => {
    const text = blocks.map((block) => block.text).join('')
    const languages = new Set(blocks.map(({ language }) => language))
    expect([...languages].toSorted()).toEqual(['html', 'js', 'sh', 'sql', 'text', 'toml'])
    for (const part of [
      "from 'tidemark'",
      'npx tidemark import',
      'npx tidemark query',
      'npx tidemark serve',
      '@influxdata/influxdb-client',
    ])
      expect(text).toContain(part)
  })

  test(
    'its code runs in an empty project, block by block, as it stands',
    async () => {
      const port = String(await freePort())
      project.set('TIDEMARK_PORT', port)
      let printed = ''
      for (const block of blocks) {
        const moved = { ...block, text: block.text.replaceAll(README_PORT, port) }
        if (block.language === 'js') printed = await runScript(moved)
        else if (block.language === 'sh') printed = await runCommands(moved)
        else if (block.language === 'sql') await runStatement(moved, port)
        // A block of plain text is what the code before it prints.
        else if (block.language === 'text')
          expect(trimmed(printed), `README, line ${block.line}`).toContain(trimmed(block.text))
      }
    },
    README_MS,
  )

  async function runScript({ text, heading, line }: CodeBlock): Promise<string> {
    const ran = await project.runModule(`readme-${line}.js`, text)
    expect(ran.status, `README, line ${line}, ${heading}: ${ran.stderr}`).toBe(0)
    return ran.stdout
  }

  /** Statements have an answer with rows from the relay that the README has started; the host's tables come a little later. */
  async function runStatement({ text, line }: CodeBlock, port: string): Promise<void> {
    const ask = async (): Promise<unknown> => {
      const body = JSON.stringify({ query: text })
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(`http://127.0.0.1:${port}/api/query`, { method: 'POST', headers, body })
      return response.json()
    }
    const expected = { rows: expect.arrayContaining([expect.anything()]) }
    await expect.poll(ask, { timeout: STATEMENT_MS, message: `README, line ${line}` }).toMatchObject(expected)
  }

  /** Commands of the shell: installs take what was packed, servers stay, and those of a clone are what runs this test. */
  async function runCommands({ text, line }: CodeBlock): Promise<string> {
    let printed = ''
    for (const command of shellLines(text)) {
      if (/^(npm (start|test|run)|git|cd)\b/.test(command)) continue
      const packages = /^npm install (.*)$/.exec(command)?.[1]
      if (packages !== undefined) project.install(packages.split(' '))
      else if (command.startsWith('npx tidemark serve')) await project.startShell(command, /listens on/)
      else {
        const ran = await project.runShell(command)
        expect(ran.status, `README, line ${line}, ${command}: ${ran.stderr}`).toBe(0)
        printed += ran.stdout
      }
    }
    return printed
  }

  const trimmed = (text: string): string =>
    text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trim()
})

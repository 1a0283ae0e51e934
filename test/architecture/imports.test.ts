import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type Import, ROOT, readSources } from './source-tree.ts'

const sources = readSources('wasm', 'engine', 'web', 'relay')
const imports = sources.flatMap((source) => source.imports)
const between = imports.filter((one): one is Import & { target: string } => one.target !== undefined)

/** Who may import whom, beside itself. What is not named here may not be imported, not even a type of it. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  wasm: [],
  'engine/core': [],
  'engine/kernel': ['engine/core'],
  'engine/aggregate': ['engine/core', 'engine/kernel'],
  'engine/index': ['engine/core', 'engine/kernel'],
  'engine/function': ['engine/core', 'engine/kernel'],
  'engine/scan': ['engine/core', 'engine/kernel', 'engine/aggregate', 'engine/function'],
  'engine/storage': ['engine/core', 'engine/kernel', 'engine/aggregate', 'engine/index', 'engine/scan'],
  'engine/cold': ['engine/core', 'engine/kernel', 'engine/scan', 'engine/storage'],
  'engine/ingest': ['engine/core', 'engine/kernel'],
  'engine/query': ['engine/core', 'engine/aggregate', 'engine/function', 'engine/scan'],
  'engine/stream': ['engine/core', 'engine/query'],
  'engine/view': ['engine/core', 'engine/query', 'engine/stream'],
  'engine/worker': [
    'engine/core',
    'engine/kernel',
    'engine/aggregate',
    'engine/function',
    'engine/index',
    'engine/scan',
    'engine/storage',
    'engine/cold',
    'engine/ingest',
  ],
  'engine/engine.ts': ['engine/core', 'engine/query', 'engine/stream', 'engine/view', 'engine/worker'],
  relay: ['engine/engine.ts', 'engine/core', 'engine/ingest', 'engine/query/formats'],
  web: ['engine/engine.ts', 'engine/core', 'engine/ingest', 'engine/query/formats'],
}

/** The editor reads a statement without an engine: files of the app that may use the grammar, and its files. */
const GRAMMAR = /^engine\/query\/(check\/(check|called-parts)|complete|parse\/(parse|token))\.ts$/
const GRAMMAR_READERS = /^web\/(editor\/[a-z-]+|explore\/example-queries)\.ts$/

function folderOf(path: string): string {
  const folders = Object.keys(TABLE).filter((folder) => path === folder || path.startsWith(`${folder}/`))
  return folders[0] ?? ''
}

function isAllowed({ from, target }: Import & { target: string }): boolean {
  const folder = folderOf(from)
  if (folder !== '' && folder === folderOf(target)) return true
  if (GRAMMAR_READERS.test(from) && GRAMMAR.test(target)) return true
  return (TABLE[folder] ?? []).some((allowed) => target === allowed || target.startsWith(`${allowed}/`))
}

/** Files that may name a module or a thing of the platform. */
function offenders(isMeant: (one: Import) => boolean, mayName: RegExp): string[] {
  return imports.filter((one) => isMeant(one) && !mayName.test(one.from)).map(describeImport)
}

function describeImport({ from, line, specifier }: Import): string {
  return `${from}:${line} imports ${specifier}`
}

/** The files of one cycle of imports that are there at run time, in their order, or `undefined`. */
function findCycle(edges: readonly { from: string; target: string }[]): string[] | undefined {
  const targets = Map.groupBy(edges, ({ from }) => from)
  const finished = new Set<string>()
  const visit = (path: string, above: readonly string[]): string[] | undefined => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path]
    if (finished.has(path)) return undefined
    for (const { target } of targets.get(path) ?? []) {
      const cycle = visit(target, [...above, path])
      if (cycle) return cycle
    }
    finished.add(path)
    return undefined
  }
  for (const path of targets.keys()) {
    const cycle = visit(path, [])
    if (cycle) return cycle
  }
  return undefined
}

describe('who imports whom', () => {
  test('the graph is there: files and imports are found', () => {
    expect(sources.length).toBeGreaterThan(200)
    expect(between.length).toBeGreaterThan(600)
    expect(between.filter(({ target }) => !existsSync(join(ROOT, target))).map(describeImport)).toEqual([])
  })

  test('every file has a row in the table', () => {
    expect(sources.map(({ path }) => path).filter((path) => folderOf(path) === '')).toEqual([])
  })

  test('imports follow the table, types included', () => {
    expect(between.filter((one) => !isAllowed(one)).map(describeImport)).toEqual([])
  })

  test.each([
    ['engine/core/time.ts', 'engine/kernel/kernel.ts'],
    ['engine/query/run/run.ts', 'engine/storage/segment.ts'],
    ['engine/scan/cells.ts', 'engine/storage/segment.ts'],
    ['relay/app.ts', 'web/main.ts'],
    ['relay/app.ts', 'engine/query/parse/parse.ts'],
    ['web/main.ts', 'engine/worker/write/writer.ts'],
    ['web/dashboard/range.ts', 'engine/query/parse/parse.ts'],
  ])('the table lets %s not import %s', (from, target) => {
    expect(isAllowed({ from, target, specifier: '', typeOnly: true, line: 1 })).toBe(false)
  })

  test('imports that are there at run time make no cycle', () => {
    expect(findCycle(between.filter(({ typeOnly }) => !typeOnly))).toBeUndefined()
  })

  test('a cycle would be found', () => {
    const chain = (...paths: string[]) => paths.slice(1).map((target, i) => ({ from: paths[i] ?? '', target }))
    expect(findCycle([...chain('a', 'b', 'c', 'd'), ...chain('a', 'c')])).toBeUndefined()
    expect(findCycle([...chain('a', 'b', 'c', 'd'), ...chain('d', 'b')])).toEqual(['b', 'c', 'd', 'b'])
  })
})

describe('platforms stay in their files', () => {
  test("Node's modules: in stores, threads and loader for Node, and in the relay", () => {
    const mayName = /^(relay\/.*|engine\/(cold|storage|worker)\/node-[a-z-]+\.ts|engine\/kernel\/load-node\.ts)$/
    expect(offenders(({ specifier }) => specifier.startsWith('node:'), mayName)).toEqual([])
  })

  test('IndexedDB: in its store', () => {
    expect(offenders(({ specifier }) => specifier === 'idb', /^engine\/storage\/indexeddb-[a-z-]+\.ts$/)).toEqual([])
  })

  test('what a package may import is what installs with it', () => {
    const nameOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    const shipped = imports.filter(({ from, target }) => !from.startsWith('web/') && target === undefined)
    const packages = new Set(
      shipped.map(({ specifier }) => nameOf(specifier)).filter((name) => !name.startsWith('node:')),
    )
    expect([...packages].filter((name) => !Object.hasOwn(manifest.dependencies, name))).toEqual([])
    expect(packages.size).toBeGreaterThan(5)
  })
})

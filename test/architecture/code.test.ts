import { basename } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { eachNode, filesBelow, place, readSources, type SourceFile } from './source-tree.ts'

const sources = readSources('wasm', 'engine', 'web', 'relay')
const everything = [...sources, ...readSources('test')]

/** Places of the nodes that something is true of. */
function placesOf(files: readonly SourceFile[], isMeant: (node: ts.Node) => boolean): string[] {
  return files.flatMap((file) => {
    const places: string[] = []
    eachNode(file.syntax, (node) => {
      if (isMeant(node)) places.push(place(file, node))
    })
    return places
  })
}

const isMember = (node: ts.Node, name: string): boolean =>
  ts.isPropertyAccessExpression(node) && `${node.expression.getText()}.${node.name.text}` === name

const isIdentifier = (node: ts.Node, pattern: RegExp): boolean => ts.isIdentifier(node) && pattern.test(node.text)

const outside = (places: readonly string[], allowed: RegExp): string[] => places.filter((at) => !allowed.test(at))

describe('time, chance and platforms', () => {
  test('the wall clock is read in one file', () => {
    const isClock = (node: ts.Node): boolean =>
      isMember(node, 'Date.now') ||
      (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0)
    const places = placesOf(sources, isClock)
    expect(places).toHaveLength(1)
    expect(outside(places, /^engine\/core\/clock\.ts:/)).toEqual([])
  })

  test('nothing is random without a seed', () => {
    expect(placesOf(everything, (node) => isMember(node, 'Math.random'))).toEqual([])
  })

  test('WebAssembly is called by the kernel alone', () => {
    const isCall = (node: ts.Node): boolean =>
      ts.isPropertyAccessExpression(node) && node.expression.getText() === 'WebAssembly'
    const places = placesOf(sources, isCall)
    expect(places.length).toBeGreaterThan(0)
    expect(outside(places, /^engine\/kernel\//)).toEqual([])
  })

  test('IndexedDB is named by its store alone', () => {
    const places = placesOf(sources, (node) => isIdentifier(node, /^(indexedDB|IDB[A-Z]\w*)$/))
    expect(outside(places, /^engine\/storage\/indexeddb-[a-z-]+\.ts:/)).toEqual([])
  })

  test('peers are connected by nobody yet', () => {
    expect(placesOf(sources, (node) => isIdentifier(node, /^RTC[A-Z]\w*$/))).toEqual([])
  })
})

describe('names of files', () => {
  const paths = ['wasm', 'engine', 'web', 'relay', 'test', 'scripts'].flatMap(filesBelow)
  const EMPTY_WORDS = /^(utils?|helpers?|common|shared|types|manager|service|misc)$/

  test('no file and no folder has a name that says nothing', () => {
    const stem = (path: string): string => path.replace(/\.[a-z.]+$/, '')
    expect(
      paths.filter((path) =>
        stem(path)
          .split('/')
          .some((part) => EMPTY_WORDS.test(part)),
      ),
    ).toEqual([])
    expect(paths.filter((path) => /^index\.[a-z.]*[jt]s$/.test(basename(path)))).toEqual([])
  })

  test('names are kebab-case', () => {
    const code = paths.filter((path) => /\.(ts|mjs)$/.test(path))
    expect(code.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/.test(basename(path)))).toEqual([])
    expect(code.length).toBeGreaterThan(300)
  })
})

describe('exports', () => {
  test('no file hands on all names of another', () => {
    const isStar = (node: ts.Node): boolean =>
      ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
    expect(placesOf(everything, isStar)).toEqual([])
  })

  test('only engine.ts and the exports of the core hand on names of other files', () => {
    const isHandedOn = (node: ts.Node): boolean => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined
    expect(outside(placesOf(sources, isHandedOn), /^(engine\/engine|wasm\/exports)\.ts:/)).toEqual([])
  })

  test('no file of the product has a default export', () => {
    const isDefault = (node: ts.Node): boolean =>
      ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword
    const places = placesOf(sources, (node) => isDefault(node) && !ts.isDefaultClause(node.parent))
    expect(places).toEqual([])
  })
})

describe('casts', () => {
  test('no type is forced by way of unknown', () => {
    const isUnknown = (node: ts.Node): boolean =>
      ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.UnknownKeyword
    const isForced = (node: ts.Node): boolean => ts.isAsExpression(node) && isUnknown(node.expression)
    expect(placesOf(everything, isForced)).toEqual([])
  })
})

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 70

/** Files over the limit, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'wasm/bits/generated-pack16.ts': 'written by scripts/generate-kernels.mjs, one function a width',
  'wasm/bits/generated-pack32.ts': 'written by scripts/generate-kernels.mjs, one function a width',
  'wasm/bits/generated-sum32.ts': 'written by scripts/generate-kernels.mjs, one function a width',
  'wasm/bits/generated-unpack16.ts': 'written by scripts/generate-kernels.mjs, one function a width',
  'wasm/bits/generated-unpack32.ts': 'written by scripts/generate-kernels.mjs, one function a width',
}

/** Functions over the limit, each with the reason. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {}

describe('sizes', () => {
  const lines = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

  test(`files have ${MAX_FILE_LINES} lines at most, but for those of the list`, () => {
    const long = sources.filter(({ text }) => lines(text) > MAX_FILE_LINES).map(({ path }) => path)
    expect(long).toEqual(Object.keys(LONG_FILES).sort())
  })

  test(`functions have ${MAX_FUNCTION_LINES} lines at most, but for those of the list`, () => {
    const long = sources
      .filter(({ path }) => !Object.hasOwn(LONG_FILES, path))
      .flatMap((file) => {
        const found: string[] = []
        eachNode(file.syntax, (node) => {
          if (!ts.isFunctionLike(node) || lines(node.getText()) <= MAX_FUNCTION_LINES) return
          found.push(`${file.path} ${node.name?.getText() ?? 'an unnamed function'}`)
        })
        return found
      })
    expect(long).toEqual(Object.keys(LONG_FUNCTIONS).sort())
  })
})

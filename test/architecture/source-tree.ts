import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

export const ROOT: string = join(import.meta.dirname, '..', '..')

/** What is not written by hand, or not ours. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.cache', 'tidemark-data'])

/** One file naming another, or a package. */
export interface Import {
  from: string
  /** As it is written. */
  specifier: string
  /** Path of the file from the root; `undefined` for a package. */
  target: string | undefined
  /** `import type`, or `import(...)` as a type: nothing of it is left at run time. */
  typeOnly: boolean
  line: number
}

export interface SourceFile {
  /** From the root, with `/`. */
  path: string
  text: string
  syntax: ts.SourceFile
  imports: readonly Import[]
}

/** Paths of all files below a folder of the project, or the path itself where it is a file. */
export function filesBelow(path: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(ROOT, path), { withFileTypes: true })) {
    const inner = posix.join(path, entry.name)
    if (SKIPPED.has(entry.name)) continue
    if (entry.isDirectory()) found.push(...filesBelow(inner))
    else if (entry.isFile()) found.push(inner)
  }
  return found.sort()
}

/** The TypeScript and AssemblyScript of some folders, parsed. */
export function readSources(...folders: readonly string[]): SourceFile[] {
  const paths = folders.flatMap(filesBelow).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  return paths.map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    return { path, text, syntax, imports: importsOf(path, syntax) }
  })
}

/** Calls back for every node below one. */
export function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  ts.forEachChild(node, (child) => {
    visit(child)
    eachNode(child, visit)
  })
}

/** `path:line`, for the message of an assertion. */
export function place({ path, syntax }: SourceFile, node: ts.Node): string {
  return `${path}:${lineOf(syntax, node)}`
}

function lineOf(syntax: ts.SourceFile, node: ts.Node): number {
  return syntax.getLineAndCharacterOfPosition(node.getStart(syntax)).line + 1
}

function importsOf(from: string, syntax: ts.SourceFile): Import[] {
  const imports: Import[] = []
  eachNode(syntax, (node) => {
    const named = specifierOf(node)
    if (named === undefined) return
    const { specifier, typeOnly } = named
    imports.push({ from, specifier, target: resolve(from, specifier), typeOnly, line: lineOf(syntax, node) })
  })
  return imports
}

/** Every form in which a module names another: statements, calls of `import`, types, and the files that workers start from. */
function specifierOf(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) return { specifier: textOf(node.moduleSpecifier), typeOnly: importsTypesOnly(node) }
  if (ts.isExportDeclaration(node)) {
    return node.moduleSpecifier && { specifier: textOf(node.moduleSpecifier), typeOnly: exportsTypesOnly(node) }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: textOf(node.argument.literal), typeOnly: true }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: textOf(node.arguments[0]), typeOnly: false }
  }
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'URL') return undefined
  const specifier = textOf(node.arguments?.[0])
  return /^\.{1,2}\/.*\.ts$/.test(specifier) ? { specifier, typeOnly: false } : undefined
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const { name, namedBindings } = importClause
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.length > 0 && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
}

function exportsTypesOnly({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return false
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly)
}

function textOf(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : ''
}

/** AssemblyScript names files without their ending. */
function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(from), specifier)
  return from.startsWith('wasm/') && !path.endsWith('.ts') ? `${path}.ts` : path
}

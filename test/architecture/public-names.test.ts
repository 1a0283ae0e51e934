import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { ROOT } from './source-tree.ts'

/** What a program may import from `tidemark`. A name that goes breaks programs: it is a new major version. */
const VALUES = [
  'TidemarkError',
  'collectRows',
  'inspectStore',
  'isValid',
  'openEngine',
  'parseDuration',
  'parseTimestamp',
  'printTimestamp',
  'restoreStore',
  'valueAt',
]

const TYPES = [
  'AppendInput',
  'AppendOptions',
  'AppendResult',
  'BackupOptions',
  'Batch',
  'BrowserEngine',
  'Catalog',
  'Clock',
  'Column',
  'ColumnRows',
  'ColumnType',
  'DeleteOptions',
  'Engine',
  'EngineOptions',
  'ErrorKind',
  'FieldType',
  'FileAccess',
  'FilePart',
  'FileRequest',
  'KeptRejection',
  'Literal',
  'LiveObserver',
  'LiveUpdate',
  'Matcher',
  'Precision',
  'Producer',
  'QueryLimits',
  'QueryOptions',
  'QueryResult',
  'RejectedRow',
  'RejectedRows',
  'RestoreOptions',
  'ResultColumn',
  'RollupRule',
  'SeriesLimits',
  'SpaceLimit',
  'StoreLocation',
  'StoreReport',
  'StoreStatistics',
  'SubscribeOptions',
  'Subscription',
  'TableInfo',
  'Tiers',
]

/** Names that a file exports, by whether anything of them is left at run time. */
function exportedNames(path: string): { values: string[]; types: string[] } {
  const syntax = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const values: string[] = []
  const types: string[] = []
  for (const statement of syntax.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const { name, isTypeOnly } of statement.exportClause.elements) {
        const list = statement.isTypeOnly || isTypeOnly ? types : values
        list.push(name.text)
      }
    }
    if (!ts.canHaveModifiers(statement)) continue
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) types.push(statement.name.text)
    else if (ts.isVariableStatement(statement)) {
      values.push(...statement.declarationList.declarations.map(({ name }) => name.getText()))
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      values.push(statement.name?.text ?? 'default')
    }
  }
  return { values: values.sort(), types: types.sort() }
}

describe('what the package offers', () => {
  test('engine.ts exports exactly the public names', async () => {
    expect(exportedNames('engine/engine.ts')).toEqual({ values: VALUES, types: TYPES })
    expect(Object.keys(await import('../../engine/engine.ts')).sort()).toEqual(VALUES)
  })

  test('package.json has exactly the public entries', () => {
    expect(manifest.name).toBe('tidemark')
    expect(manifest.type).toBe('module')
    expect(manifest.bin).toEqual({ tidemark: 'dist/node/bundle/cli.js' })
    expect(Object.keys(manifest.exports)).toEqual(['.', './element', './relay', './core.wasm', './core-scalar.wasm'])
    expect(manifest.files).toEqual(['dist', 'README.md', 'CHANGELOG.md', 'LICENSE'])
  })

  test('nothing runs while the package is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([])
  })
})

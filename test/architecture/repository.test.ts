import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, ROOT } from './source-tree.ts'

const paths = filesBelow('.').filter((path) => !/\.(png|block|wasm|tgz|gz|arrow|parquet)$/.test(path))
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Homes and working folders of somebody's machine; a place in the system, as /proc, is no such thing. */
const MACHINE_PATH = /(?<![\w.:/-])\/(?:home|Users|root|work|workspace)\/[\w.-]|[A-Z]:\\+Users\\/

describe('the repository', () => {
  test('files are found', () => {
    expect(paths).toContain('package.json')
    expect(paths.length).toBeGreaterThan(300)
  })

  test('lock files hold hashes and no addresses, so that any registry serves', () => {
    const locks = paths.filter((path) => basename(path) === 'package-lock.json')
    expect(locks).toEqual(['package-lock.json', 'scripts/node/package-lock.json'])
    for (const path of locks) {
      expect(textOf(path)).toContain('"integrity"')
      expect(textOf(path)).not.toContain('"resolved"')
    }
  })

  test('no file names a place of somebody’s machine', () => {
    expect(paths.filter((path) => MACHINE_PATH.test(textOf(path)))).toEqual([])
    expect(MACHINE_PATH.test(['see ', 'home', 'ann', 'notes'].join('/'))).toBe(true)
  })

  test('nothing is put off: no marks of unfinished work', () => {
    const marks = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X\\b'].join(''))
    const code = paths.filter((path) => /\.(ts|mjs|md)$/.test(path))
    expect(code.filter((path) => marks.test(textOf(path)))).toEqual([])
  })

  test('links of texts lead to files that are there', () => {
    const texts = paths.filter((path) => path.endsWith('.md'))
    const broken = texts.flatMap((path) => {
      const links = [...textOf(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = '']) => link)
      const inner = links.filter((link) => !/^[a-z]+:/.test(link))
      return inner.filter((link) => !existsSync(join(ROOT, dirname(path), link))).map((link) => `${path}: ${link}`)
    })
    expect(broken).toEqual([])
    expect(texts).toContain('docs/ARCHITECTURE.md')
  })

  test('no test is skipped or runs alone', () => {
    const tests = paths.filter((path) => path.endsWith('.test.ts'))
    const marks = new RegExp(
      String.raw`\b(?:describe|test|it)\.(?:${['sk', 'ip|on', 'ly|to', 'do|fa', 'ils'].join('')})\b`,
    )
    expect(tests.filter((path) => marks.test(textOf(path)))).toEqual([])
    expect(tests.length).toBeGreaterThan(50)
  })
})

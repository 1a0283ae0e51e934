import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, openEngine } from '../../../engine/engine.ts'
import { LivePrinter, type LiveRows } from '../../../relay/commands/live-answer.ts'
import { type RelayServer, serve } from '../../../relay/server.ts'

const columns = [
  { name: 'host', type: 'string' as const },
  { name: 'usage', type: 'f64' as const },
]
const first: LiveRows = { kind: 'result', columns, keys: ['host'], rows: [['web01', 1]] }
const delta: LiveRows = { kind: 'delta', changed: { rows: [['b', 2.5]] }, removed: { rows: [['web01']] } }

describe('what a SUBSCRIBE prints', () => {
  test('is a table, then rows, and the keys of those that are gone', () => {
    const printer = new LivePrinter('table')
    expect(printer.print(first)).toBe('host   usage\n-----  -----\nweb01      1\n')
    expect(printer.print(delta)).toBe('b       2.5\n- web01\n')
  })

  test('is a line of JSON for each update', () => {
    const printer = new LivePrinter('json')
    const lines = [first, delta].map((update) => printer.print(update))
    expect(lines.map((line) => JSON.parse(line))).toEqual([first, delta])
    expect(lines.join('')).toMatch(/^[^\n]+\n[^\n]+\n$/)
  })
})

describe('tidemark query with SUBSCRIBE', () => {
  let engine: Engine
  let server: RelayServer
  let child: ChildProcess | undefined

  beforeAll(async () => {
    engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
    server = await serve({ engine, port: 0 })
    await append(1)
  })

  afterAll(async () => {
    child?.kill('SIGKILL')
    await server.close()
    await engine.close()
  })

  const append = (usage: number) =>
    engine.append({ kind: 'line-protocol', body: `cpu,host=a usage=${usage} 1000000000` })

  function query(...args: string[]): { out: () => string; err: () => string; ends: Promise<unknown[]> } {
    const cli = fileURLToPath(new URL('../../../relay/cli.ts', import.meta.url))
    const started = spawn(process.execPath, [cli, 'query', '--url', server.url, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    const read = { out: '', err: '' }
    started.stdout.on('data', (chunk) => {
      read.out += chunk
    })
    started.stderr.on('data', (chunk) => {
      read.err += chunk
    })
    return { out: () => read.out, err: () => read.err, ends: once(started, 'exit') }
  }

  test('prints what a relay sends, until Ctrl-C', async () => {
    const { out, ends } = query('SUBSCRIBE SELECT max(usage) AS most FROM cpu', '--format', 'json')
    await expect.poll(out, { timeout: 20_000 }).toContain('"rows":[[1]]')
    await append(7)
    await expect.poll(out, { timeout: 20_000 }).toContain('"changed":{"rows":[[7]]}')
    child?.kill('SIGINT')
    expect(await ends).toEqual([0, null])
  })

  test('ends with the error of a wrong statement, and where in it that is', async () => {
    const { err, ends } = query('SUBSCRIBE SELECT usag FROM cpu')
    expect(await ends).toEqual([1, null])
    expect(err()).toContain("did you mean 'usage'?")
    expect(err()).toContain('^^^^')
  })

  test('says in which forms it can be had', async () => {
    const { err, ends } = query('SUBSCRIBE SELECT usage FROM cpu', '--format', 'arrow')
    expect(await ends).toEqual([1, null])
    expect(err()).toContain('table or json')
  })
})

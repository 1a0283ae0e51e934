import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { writeOutput } from '../../relay/commands/output.ts'
import { VERSION } from '../../relay/package-version.ts'

const cli = fileURLToPath(new URL('../../relay/cli.ts', import.meta.url))
const children: ChildProcess[] = []
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cli-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Outcome {
  code: number | null
  out: string
  err: string
}

function begin(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const read = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    read.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    read.err += chunk
  })
  const outcome = once(child, 'close').then(([code]) => ({ code, ...read }))
  return { child, outcome }
}

const run = (...args: string[]): Promise<Outcome> => begin(args).outcome

/** Starts a relay and resolves with its address once it listens. */
interface StartedRelay {
  child: ChildProcess
  outcome: Promise<Outcome>
  url: string
  /** All that it has said so far. */
  said(): string
}

async function startRelay(...args: string[]): Promise<StartedRelay> {
  const { child, outcome } = begin(['serve', '--port', '0', ...args])
  let text = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const [address] = /http:\/\/[^\s,]+/.exec(text) ?? []
      if (address !== undefined) resolve(address)
    })
    void outcome.then(({ err }) => reject(new Error(err)))
  })
  return { child, outcome, url, said: () => text }
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const stocks =
  'symbol,date,price,volume\nA,2024-01-01,1.5,10\nB,2024-01-01,2.5,20\nA,2024-01-02,1.75,30\nB,2024-01-02,,40\n'

describe('tidemark', () => {
  test('prints its version and help', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: `${VERSION}\n` })
    const help = await run('--help')
    expect(help.code).toBe(0)
    for (const command of ['serve', 'query', 'import', 'export', 'flush', 'compact'])
      expect(help.out).toContain(command)
  })

  test('refuses what it does not know', async () => {
    expect(await run('dance')).toMatchObject({ code: 1, err: expect.stringContaining("unknown command 'dance'") })
    expect(await run('serve', '--port', '70000')).toMatchObject({ code: 1, err: expect.stringContaining('0 to 65535') })
    expect(await run('serve', '--allow-origin', 'example')).toMatchObject({
      code: 1,
      err: expect.stringContaining('https://'),
    })
  })
})

describe('tidemark import, query and export', () => {
  test('show how a CSV file is read, store it, answer and give it back', async () => {
    const data = join(folder, 'round')
    const path = await file('stocks.csv', stocks)
    const imported = await run('import', path, '--data', data, '--yes', '--tag', 'symbol')
    expect(imported).toMatchObject({ code: 0, err: expect.stringContaining('4 rows from') })
    expect(imported.out).toMatch(
      /symbol +tag\n +date +time \(YYYY-MM-DD, UTC\)\n +price +field, f64\n +volume +field, i64/,
    )

    const table = await run('query', 'SELECT max(price), sum(volume) FROM stocks GROUP BY symbol', '--data', data)
    expect(table).toMatchObject({ code: 0, err: '' })
    expect(table.out).toMatch(/symbol +max\(price\) +sum\(volume\)\n[- ]+\nA +1\.75 +40\nB +2\.5 +60\n/)

    const csv = await run('export', 'stocks', '--data', data)
    expect(csv.out.split('\r\n').slice(0, 2)).toEqual([
      'time,symbol,price,volume',
      '2024-01-01T00:00:00.000000000Z,A,1.5,10',
    ])
    const lines = join(folder, 'stocks.lp')
    expect(await run('export', 'stocks', '--data', data, '--format', 'lp', '--output', lines)).toMatchObject({
      code: 0,
      out: '',
    })
    expect((await readFile(lines, 'utf8')).trim().split('\n').sort()).toEqual([
      'stocks,symbol=A price=1.5,volume=10i 1704067200000000000',
      'stocks,symbol=A price=1.75,volume=30i 1704153600000000000',
      'stocks,symbol=B price=2.5,volume=20i 1704067200000000000',
      'stocks,symbol=B volume=40i 1704153600000000000',
    ])
    const copy = join(folder, 'copy')
    expect(await run('import', lines, '--data', copy, '--yes')).toMatchObject({ code: 0 })
    expect((await run('export', 'stocks', '--data', copy)).out).toBe(csv.out)
    const json = await run('query', 'SELECT volume FROM stocks LIMIT 1', '--data', data, '--format', 'json')
    expect(JSON.parse(json.out)).toMatchObject({ rows: [expect.arrayContaining([10])] })
  })

  test('store nothing with --dry-run, and nothing without --yes where nobody can be asked', async () => {
    const data = join(folder, 'dry')
    const path = await file('dry.csv', stocks)
    expect(await run('import', path, '--data', data, '--dry-run')).toMatchObject({ code: 0, err: '' })
    expect(await run('import', path, '--data', data)).toMatchObject({ code: 1, err: expect.stringContaining('--yes') })
    expect(await run('query', 'SHOW TABLES', '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no data folder'),
    })
  })

  test('take what the user says instead of the guess', async () => {
    const path = await file(
      'odd.csv',
      'when,made,value,code\n2024-01-01,2020-01-01,1,007\n2024-01-02,2020-01-01,2,008\n',
    )
    const args = ['--time', 'when', '--table', 'things', '--tag', 'code,made', '--field', 'value:f64', '--dry-run']
    const { out } = await run('import', path, ...args)
    expect(out).toContain("into table 'things'")
    expect(out).toMatch(/when +time .*\n +made +tag\n +value +field, f64\n +code +tag/)
    expect(await run('import', path, '--time', 'nope', '--dry-run')).toMatchObject({
      code: 1,
      err: expect.stringContaining("no column 'nope'; there are when, made, value, code"),
    })
  })

  test('list rejected rows with their places and reasons, store the others, and end with 1', async () => {
    const data = join(folder, 'rejected')
    const good = Array.from({ length: 300 }, (_, i) => `cpu,host=a usage=${i} ${i + 1}`)
    const path = await file('some.lp.gz', gzipSync([...good, 'cpu usage=', ...good.slice(0, 1), 'nonsense'].join('\n')))
    const imported = await run('import', path, '--data', data, '--yes', '--precision', 's')
    expect(imported.code).toBe(1)
    expect(imported.err).toMatch(/2 rows were rejected\n {2}line 301, column \d+: .*cpu usage=\n {2}line 303, column/)
    expect((await run('query', 'SELECT count(usage) FROM cpu', '--data', data)).out).toContain('300')
    const csv = await file('bad.csv', 'time,value\n2024-01-01,1\n2024-01-02,x\n2024-01-03,3\n'.replace('x', 'x'))
    const bad = await run('import', csv, '--data', data, '--yes', '--field', 'value:i64')
    expect(bad).toMatchObject({
      code: 1,
      err: expect.stringContaining("line 3, column 12: expected an integer of 64 bits in column 'value' and found 'x'"),
    })
  })

  test('end with a sentence where a file cannot be read', async () => {
    expect(await run('import', join(folder, 'absent.csv'), '--yes')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^tidemark: cannot read .*absent.csv/),
    })
    const empty = await file('empty.csv', '')
    expect(await run('import', empty, '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('holds no rows'),
    })
  })

  test('point at the place of an error in a statement', async () => {
    const data = join(folder, 'caret')
    await run('import', await file('caret.csv', stocks), '--data', data, '--yes')
    const { code, out, err } = await run('query', 'SELECT price\nFROM carot', '--data', data)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^tidemark: .*\n {2}FROM carot\n {7}\^{5}\n/)
  })
})

describe('tidemark flush and compact', () => {
  test('say what the store is before and after, of a folder and of a relay', async () => {
    const data = join(folder, 'settled')
    for (const day of [1, 2, 3]) {
      const path = await file('day.csv', `date,price\n2024-01-0${day},1.5\n`)
      await run('import', path, '--data', data, '--yes', '--table', 'days')
      const flushed = await run('flush', '--data', data)
      expect(flushed).toMatchObject({ code: 0, err: '' })
      expect(flushed.out).toMatch(/after: {2}\d segments? of .*\nwrite amplification 1\.00 \(/)
    }
    const { url } = await startRelay('--data', data, '--no-host-metrics')
    const compacted = await run('compact', '--url', url)
    expect(compacted).toMatchObject({ code: 0, err: '' })
    expect(compacted.out).toMatch(/before: 3 segments of .*\nafter: {2}1 segment of .*\nwrite amplification 1\.[3-9]/)
    expect((await run('query', 'SELECT count(price) FROM days', '--url', url)).out).toContain(' 3\n')
  })
})

describe('tidemark backup and restore', () => {
  test('make a file of a store and a store of the file, and never over data that is there unasked', async () => {
    const data = join(folder, 'backed')
    await run('import', await file('backed.csv', stocks), '--data', data, '--yes', '--tag', 'symbol')
    const backup = join(folder, 'backed.tdmk')
    expect(await run('backup', backup, '--data', data)).toMatchObject({ code: 0, err: '' })
    const copy = join(folder, 'backed-copy')
    expect(await run('restore', backup, '--data', copy)).toMatchObject({ code: 0, err: '' })
    const text = 'SELECT * FROM backed'
    expect((await run('query', text, '--data', copy)).out).toBe((await run('query', text, '--data', data)).out)
    expect(await run('restore', backup, '--data', copy)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--replace'),
    })
    expect(await run('backup', backup, '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--force'),
    })
    await writeFile(backup, (await readFile(backup)).subarray(0, 100))
    expect(await run('restore', backup, '--data', join(folder, 'cut'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing was restored'),
    })
  })
})

describe('tidemark delete', () => {
  test('deletes by tag and time, of a folder and of a relay, and everything only where that is said', async () => {
    const data = join(folder, 'deleting')
    await run('import', await file('deleting.csv', stocks), '--data', data, '--yes', '--tag', 'symbol')
    const count = async (...where: string[]): Promise<string> =>
      (await run('query', 'SELECT count(*) AS n FROM deleting', '--format', 'csv', ...where)).out.split('\r\n')[1] ?? ''
    const some = ['--match', 'symbol=A', '--start', '2024-01-02T00:00:00Z']
    expect(await run('delete', 'deleting', '--data', data, ...some)).toMatchObject({ code: 0, err: '' })
    expect(await run('delete', 'deleting', '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--all'),
    })
    const { url } = await startRelay('--data', data, '--no-host-metrics')
    expect(await count('--url', url)).toBe('3')
    expect(await run('delete', 'deleting', '--url', url, '--all')).toMatchObject({ code: 0 })
    expect(await count('--url', url)).toBe('0')
    expect(await run('delete', 'nothing', '--url', url, '--all')).toMatchObject({
      code: 1,
      err: expect.stringContaining("there is no table 'nothing'"),
    })
  })
})

describe('tidemark query', () => {
  test('runs statements that change rows, in a folder and at a relay', async () => {
    const data = join(folder, 'changing')
    await run('import', await file('changing.csv', stocks), '--data', data, '--yes', '--tag', 'symbol')
    const query = async (text: string, ...where: string[]): Promise<string> =>
      (await run('query', text, '--format', 'csv', ...where)).out.split('\r\n')[1] ?? ''
    expect(await query('INSERT INTO copies SELECT time, symbol, volume FROM changing', '--data', data)).toBe('4,0,')
    const { url } = await startRelay('--data', data, '--no-host-metrics')
    expect(await query("DELETE FROM copies WHERE symbol = 'A' AND time < '2024-01-02'", '--url', url)).toBe('1')
    expect(await query('SELECT count(*) FROM copies', '--url', url)).toBe('3')
    expect(await run('query', 'DELETE FROM copies WHERE volume > 1', '--url', url)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`\n  ${' '.repeat(25)}^^^^^^^^^^\n`),
    })
  })
})

describe('tidemark serve', () => {
  test('stores its own metrics, answers, stops on SIGTERM and goes on where it stopped', async () => {
    const data = join(folder, 'served')
    const first = await startRelay('--data', data)
    const path = await file('served.csv', stocks)
    expect(await run('import', path, '--url', first.url, '--yes')).toMatchObject({ code: 0 })
    await new Promise((resolve) => setTimeout(resolve, 2500))
    const counted = await run('query', 'SELECT count(load1) FROM host_load', '--url', first.url, '--format', 'csv')
    expect(Number(counted.out.split('\r\n')[1])).toBeGreaterThanOrEqual(2)
    expect(await run('query', 'SHOW TABLES', '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^tidemark: the data folder .* is in use by another process; .*--url/),
    })
    first.child.kill('SIGTERM')
    expect(await first.outcome).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining(`data lies in ${data}`),
    })

    const second = await startRelay('--data', data, '--no-host-metrics')
    const table = await run('query', 'SELECT count(volume) FROM served', '--url', second.url)
    expect(table.out).toMatch(/count\(volume\)\n-+\n +4\n/)
    second.child.kill('SIGINT')
    second.child.kill('SIGINT')
    expect(await second.outcome).toMatchObject({ code: 0, err: '', out: expect.stringContaining('are not collected') })
  })

  test('says what to do where its port is taken, and leaves the data folder free', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = String(address !== null && typeof address === 'object' ? address.port : 0)
    const { outcome } = begin(['serve'], { TIDEMARK_PORT: port, TIDEMARK_DATA: join(folder, 'taken') })
    expect(await outcome).toEqual({
      code: 1,
      out: '',
      err: `tidemark: port ${port} is in use by another program; stop it, or choose another port with --port\n`,
    })
    other.close()
  })

  test('lists the queries of a relay and ends them, and a query ends by its time', async () => {
    const relay = await startRelay('--data', join(folder, 'queries'), '--no-host-metrics')
    const lines = Array.from({ length: 2000 }, (_, i) => `t n=${i} ${i + 1}`).join('\n')
    expect((await fetch(`${relay.url}/write`, { method: 'POST', body: lines })).status).toBeLessThan(300)
    const endless = 'SELECT count(*) AS c FROM t AS a CROSS JOIN t AS b CROSS JOIN t AS d'
    const late = await run('query', endless, '--url', relay.url, '--timeout', '200ms')
    expect(late.code).toBe(1)
    expect(late.err).toContain('the query took longer than 200 ms')
    const killed = run('query', endless, '--url', relay.url)
    let id: string | undefined
    while (id === undefined) {
      const { out } = await run('queries', '--url', relay.url)
      id = /(\d+) +running +127\.0\.0\.1 .*CROSS JOIN/.exec(out)?.[1]
    }
    expect((await run('kill', id, '--url', relay.url)).code).toBe(0)
    const outcome = await killed
    expect(outcome.code).toBe(1)
    expect(outcome.err).toContain(`the query was ended by KILL ${id}`)
    const again = await run('kill', id, '--url', relay.url)
    expect(again.err).toContain(`there is no query ${id}`)
    expect((await run('kill', 'all', '--url', relay.url)).err).toContain('It is the number of a query.')
    expect((await run('query', 'SELECT 1', '--timeout', 'soon')).err).toContain("the timeout is 'soon'")
  })

  test('says what is damaged and left out of an answer, and makes no backup of it', async () => {
    const data = join(folder, 'damaged')
    expect(await run('import', await file('d.lp', 'm x=1 1\nm x=2 2\n'), '--data', data, '--yes')).toMatchObject({
      code: 0,
    })
    expect(await run('flush', '--data', data)).toMatchObject({ code: 0, err: '' })
    const [name = ''] = (await readdir(join(data, 'blobs'))).filter((each) => each.endsWith('.seg'))
    await writeFile(join(data, 'blobs', name), 'no segment')
    const { code, out, err } = await run('query', 'SELECT count(*) AS n FROM m', '--data', data)
    expect([code, out.trim().split(/\s+/).at(-1)]).toEqual([0, '0'])
    expect(err).toContain(`tidemark: the store has a fault, and answers may lack rows: ${name}: `)
    const relay = await startRelay('--data', data, '--no-host-metrics')
    relay.child.kill('SIGTERM')
    expect((await relay.outcome).err).toContain(`the store has a fault, and answers may lack rows: ${name}: `)
    const backup = join(folder, 'damaged.tdmk')
    expect(await run('backup', backup, '--data', data)).toMatchObject({ code: 1, err: expect.stringContaining(name) })
    expect(existsSync(backup)).toBe(false)
  })

  test('refuses a folder and a pipe as files to import, and leaves a pipe where it was to write', async () => {
    const pipe = join(folder, 'pipe')
    expect((await once(spawn('mkfifo', [pipe]), 'close'))[0]).toBe(0)
    const writer = spawn('sh', ['-c', `echo 'm x=1 1' > ${pipe}`])
    children.push(writer)
    for (const path of [folder, pipe]) {
      const { code, err } = await run('import', path, '--data', join(folder, 'piped'), '--yes')
      expect([code, err]).toEqual([1, expect.stringMatching(/^tidemark: cannot read .*: it is no file; expected one/)])
    }
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'ignore', 'ignore'] })
    children.push(reader)
    async function* failing(): AsyncGenerator<string> {
      yield 'a'
      throw new Error('no more')
    }
    await expect(writeOutput(failing(), pipe)).rejects.toThrow('no more')
    expect(existsSync(pipe)).toBe(true)
    await expect(writeOutput(failing(), join(folder, 'half'))).rejects.toThrow('no more')
    expect(existsSync(join(folder, 'half'))).toBe(false)
  })

  test('makes up a token where others can reach it, and wants it', async () => {
    const { url, said } = await startRelay('--data', join(folder, 'open'), '--host', '0.0.0.0', '--no-host-metrics')
    const local = url.replace('0.0.0.0', '127.0.0.1')
    expect((await fetch(`${local}/api/catalog`)).status).toBe(401)
    while (!said().includes('are not collected')) await new Promise((resolve) => setTimeout(resolve, 20))
    const [, token = ''] = /token, made up for this run: (\S+)/.exec(said()) ?? []
    expect(token.length).toBeGreaterThanOrEqual(32)
    expect(await run('query', 'SHOW TABLES', '--url', local, '--token', token)).toMatchObject({ code: 0 })
    expect(await run('query', 'SHOW TABLES', '--url', local)).toMatchObject({
      code: 1,
      err: expect.stringContaining('a token is needed'),
    })
  })
})

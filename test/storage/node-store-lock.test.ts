import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openNodeStore } from '../../engine/storage/node-store.ts'
import { replayed } from '../suites/store-suite.ts'
import { patterned } from '../support/patterned.ts'

const WRITER = new URL('../support/store-writer.ts', import.meta.url).pathname
const options = { checksum: crc32 }
let folder = ''
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-lock-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** A process that holds the store and appends to it; `lines` is what it has said. */
function startWriter(
  command: readonly string[] = [process.execPath, WRITER, folder],
  user: { uid?: number; gid?: number } = {},
): {
  child: ChildProcess
  lines: string[]
  said(count: number): Promise<void>
} {
  const [program = '', ...rest] = command
  const child = spawn(program, rest, { ...user, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const ended = once(reader, 'close')
  const said = async (count: number): Promise<void> => {
    while (lines.length < count) await Promise.race([once(reader, 'line'), ended])
  }
  return { child, lines, said }
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

test('names the process that holds a folder, and what to do', async () => {
  const writer = startWriter()
  await writer.said(1)
  await expect(openNodeStore(folder, options)).rejects.toMatchObject({
    kind: 'locked',
    message: `${folder} is in use by process ${writer.child.pid}`,
    hint: expect.stringContaining('Stop that process'),
  })
})

test('opens after kill -9 of the holder, and has everything that it acknowledged, five times over', async () => {
  let acknowledged = 0
  for (let round = 1; round <= 5; round++) {
    const writer = startWriter()
    await writer.said(20 + round * 37)
    await killed(writer.child)
    expect(writer.lines[0]).toBe('open')
    for (const line of writer.lines.slice(1)) acknowledged = Math.max(acknowledged, Number(line.split(' ')[1]) + 1)
    const store = await openNodeStore(folder, options)
    const records = await replayed(store)
    expect(records.length).toBeGreaterThanOrEqual(acknowledged)
    for (const [i, { position, record }] of records.entries()) {
      expect(position).toBe(i)
      expect(Buffer.from(record).equals(patterned(1000, i))).toBe(true)
    }
    // What was written but not acknowledged may have stayed.
    acknowledged = records.length
    await store.close()
  }
})

test('takes over from a dead process once, of many that try at the same time', async () => {
  const dead = startWriter()
  await dead.said(1)
  await killed(dead.child)
  expect((await readdir(folder)).filter((name) => name.startsWith('LOCK'))).toHaveLength(1)
  const writers = Array.from({ length: 5 }, () => startWriter())
  await Promise.all(writers.map((writer) => writer.said(1)))
  const first = writers.map((writer) => writer.lines[0])
  expect(first.filter((line) => line === 'open').length).toBeLessThanOrEqual(1)
  expect(first.filter((line) => line?.startsWith('locked: ')).length).toBeGreaterThanOrEqual(4)
})

test.runIf(process.platform === 'linux')('takes over where the pid lives on as another process', async () => {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).slice(0, 8)
  await writeFile(join(folder, `LOCK.${process.ppid}.${boot}-1`), '')
  await writeFile(join(folder, `LOCK.${process.ppid}.00000000-1`), '')
  const store = await openNodeStore(folder, options)
  expect((await readdir(folder)).filter((name) => name.startsWith('LOCK'))).toHaveLength(1)
  await store.close()
  expect((await readdir(folder)).filter((name) => name.startsWith('LOCK'))).toEqual([])
})

test('where the start of a process is not known, trusts that its pid lives', async () => {
  await writeFile(join(folder, `LOCK.${process.ppid}.unknown`), '')
  await expect(openNodeStore(folder, options)).rejects.toMatchObject({ kind: 'locked' })
  await rm(join(folder, `LOCK.${process.ppid}.unknown`))
  await writeFile(join(folder, 'LOCK.4194305.unknown'), '')
  await (await openNodeStore(folder, options)).close()
})

test.runIf(process.platform === 'linux')('refuses appends once a write fails, with the platform’s reason', async () => {
  // ulimit -f counts 512-byte blocks: files end at 40960 bytes, in the middle of a record.
  const shell = `ulimit -f 80; exec "${process.execPath}" "${WRITER}" "${folder}" 3000`
  const writer = startWriter(['sh', '-c', shell])
  await once(writer.child, 'exit')
  const appended = writer.lines.filter((line) => line.startsWith('appended'))
  expect(writer.lines.at(-1)).toMatch(/^quota: the log takes no more records .* too large/)
  const store = await openNodeStore(folder, options)
  const records = await replayed(store)
  expect(records.length).toBeGreaterThanOrEqual(appended.length)
  expect(appended.length).toBeGreaterThan(4)
  await store.close()
})

test.runIf(process.platform === 'linux')(
  'opens after a worker thread that held the folder was terminated',
  async () => {
    const worker = new Worker(WRITER, { argv: [folder], stdout: true })
    const reader = createInterface({ input: worker.stdout })
    for (let lines = 0; lines < 2; lines++) await once(reader, 'line')
    await expect(openNodeStore(folder, options)).rejects.toMatchObject({
      kind: 'locked',
      message: `${folder} is in use by this process (pid ${process.pid})`,
    })
    await worker.terminate()
    const store = await openNodeStore(folder, options)
    expect((await replayed(store)).length).toBeGreaterThan(0)
    await store.close()
  },
)

test('refuses a folder that this user may not write, with a sentence', async () => {
  await chmod(folder, 0o500)
  // To root nothing is forbidden: there another user tries.
  const writer = startWriter(undefined, process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {})
  await once(writer.child, 'exit')
  expect(writer.lines).toEqual([expect.stringMatching(/^io: cannot .*: permission denied$/)])
  await chmod(folder, 0o700)
})

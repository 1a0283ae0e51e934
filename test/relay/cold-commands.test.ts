import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEngine } from '../../engine/engine.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { S3_BUCKET, S3_CREDENTIALS, S3Server } from '../support/s3-server.ts'

const cli = fileURLToPath(new URL('../../relay/cli.ts', import.meta.url))
let folder: string
let server: S3Server

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cold-cli-'))
  server = await S3Server.start()
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

interface Outcome {
  code: number
  out: string
  err: string
}

/** Runs the command with the keys of the server, and the place of cold rows where one is named. */
function run(place: string | undefined, ...args: string[]): Promise<Outcome> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_REGION: S3_CREDENTIALS.region,
  }
  const cold = place === undefined ? [] : ['--cold', `s3://${S3_BUCKET}/${place}`, '--cold-endpoint', server.endpoint]
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args, ...cold], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

async function count(directory: string, place: string): Promise<unknown> {
  const engine = await openEngine({ store: { kind: 'files', directory }, workers: 0, tiers: tiersOn(server, place) })
  const { batches } = await engine.query('SELECT count(*) FROM cpu')
  const counts: unknown[] = []
  for await (const { columns } of batches) counts.push(columns[0]?.values[0])
  await engine.close()
  return counts[0]
}

test('cold rows of a folder are deleted, compacted away, backed up by reference and whole, and restored', async () => {
  const data = join(folder, 'data')
  const engine = await openEngine({
    store: { kind: 'files', directory: data },
    tiers: tiersOn(server, 'p', { '*': { afterMs: 0 } }),
  })
  const lines = ['a', 'b', 'c'].map((host) => `cpu,host=${host} note="word-of-${host}" 1700000000000000000`)
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
  await engine.moveToCold()
  await engine.close()

  const [byReference, whole] = [join(folder, 'reference.tdmk'), join(folder, 'whole.tdmk')]
  expect(await run(undefined, 'backup', byReference, '--data', data)).toMatchObject({ code: 0, err: '' })
  expect(await run('p', 'backup', whole, '--include-cold', '--data', data)).toMatchObject({ code: 0, err: '' })
  expect(await run(undefined, 'delete', 'cpu', '--match', 'host=a', '--data', data)).toMatchObject({
    code: 1,
    err: expect.stringContaining('cannot be written'),
  })
  expect(await run('p', 'delete', 'cpu', '--match', 'host=a', '--data', data)).toMatchObject({ code: 0, err: '' })
  expect(await count(data, 'p')).toBe(2n)
  expect(await run('p', 'compact', '--data', data)).toMatchObject({ code: 0, err: '' })
  expect(filesBelow(server, 'p')).toHaveLength(1)
  expect(Buffer.concat([...server.objects.values()].map(({ bytes }) => bytes)).includes('word-of-a')).toBe(false)

  const copy = join(folder, 'copy')
  expect(await run(undefined, 'restore', byReference, '--data', copy)).toMatchObject({
    code: 1,
    err: expect.stringContaining('--cold'),
  })
  expect(await run('p', 'restore', byReference, '--data', copy)).toMatchObject({ code: 0, err: '' })
  // What is cold is what it is now.
  expect(await count(copy, 'p')).toBe(2n)
  expect(await run('p', 'restore', whole, '--data', join(folder, 'taken'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('--replace'),
  })
  const other = join(folder, 'other')
  expect(await run('q', 'restore', whole, '--data', other)).toMatchObject({ code: 0, err: '' })
  expect(await count(other, 'q')).toBe(3n)
}, 60_000)

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openEngine } from '../../engine/engine.ts'
import { addBackupCommand } from '../../relay/commands/backup.ts'
import { addCompactCommand } from '../../relay/commands/compact.ts'
import { addDeleteCommand } from '../../relay/commands/delete.ts'
import { addRestoreCommand } from '../../relay/commands/restore.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { S3_BUCKET, S3_CREDENTIALS, S3Server } from '../support/s3-server.ts'

let folder: string
let server: S3Server

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cold-cli-'))
  server = await S3Server.start()
  vi.stubEnv('AWS_ACCESS_KEY_ID', S3_CREDENTIALS.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_CREDENTIALS.secretAccessKey)
  vi.stubEnv('AWS_REGION', S3_CREDENTIALS.region)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(folder, { recursive: true })
})

/** Runs a command in this process, with the place of cold rows where one is named. */
async function run(place: string | undefined, ...args: string[]): Promise<void> {
  const cold = place === undefined ? [] : ['--cold', `s3://${S3_BUCKET}/${place}`, '--cold-endpoint', server.endpoint]
  const program = new Command().exitOverride()
  for (const add of [addBackupCommand, addCompactCommand, addDeleteCommand, addRestoreCommand]) add(program)
  await program.parseAsync([...args, ...cold], { from: 'user' })
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
  await run(undefined, 'backup', byReference, '--data', data)
  await run('p', 'backup', whole, '--include-cold', '--data', data)
  await expect(run(undefined, 'delete', 'cpu', '--match', 'host=a', '--data', data)).rejects.toMatchObject({
    message: expect.stringContaining('cannot be written'),
  })
  await run('p', 'delete', 'cpu', '--match', 'host=a', '--data', data)
  expect(await count(data, 'p')).toBe(2n)
  await run('p', 'compact', '--data', data)
  expect(filesBelow(server, 'p')).toHaveLength(1)
  expect(Buffer.concat([...server.objects.values()].map(({ bytes }) => bytes)).includes('word-of-a')).toBe(false)

  const copy = join(folder, 'copy')
  await expect(run(undefined, 'restore', byReference, '--data', copy)).rejects.toMatchObject({
    message: expect.stringContaining('--cold'),
  })
  await run('p', 'restore', byReference, '--data', copy)
  // What is cold is what it is now.
  expect(await count(copy, 'p')).toBe(2n)
  await expect(run('p', 'restore', whole, '--data', join(folder, 'taken'))).rejects.toMatchObject({
    message: expect.stringContaining('--replace'),
  })
  const other = join(folder, 'other')
  await run('q', 'restore', whole, '--data', other)
  expect(await count(other, 'q')).toBe(3n)
})

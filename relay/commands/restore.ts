import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import { restoreStore } from '../../engine/engine.ts'
import { dataOption } from './options.ts'

interface RestoreFlags {
  data: string
  replace?: boolean
}

/** Adds `tidemark restore`. */
export function addRestoreCommand(program: Command): void {
  program
    .command('restore')
    .description('make a folder of data out of a backup; nothing changes until the whole file has passed its checks')
    .argument('<file>', 'what tidemark backup wrote')
    .addOption(dataOption())
    .option('--replace', 'the data that the folder has is to go')
    .action(runRestore)
}

async function runRestore(file: string, { data, replace = false }: RestoreFlags): Promise<void> {
  await checkFile(file)
  const directory = resolve(data)
  try {
    await restoreStore({ kind: 'files', directory }, createReadStream(file), { replace })
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.kind !== 'invalid') throw error
    const message = `the folder ${directory} has data already; choose another with --data, or say --replace`
    throw new TidemarkError('invalid', message, { cause: error })
  }
  process.stdout.write(`restored to ${directory}\n`)
}

async function checkFile(file: string): Promise<void> {
  try {
    if ((await stat(file)).isFile()) return
  } catch (cause) {
    throw new TidemarkError('io', `cannot read ${file}`, { cause })
  }
  throw new TidemarkError('io', `cannot read ${file}: it is not a file`)
}

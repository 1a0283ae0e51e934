import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import { restoreStore } from '../../engine/engine.ts'
import { type ColdFlags, placeOptions, tiersOf } from './cold-tier.ts'
import { dataOption } from './options.ts'

interface RestoreFlags extends ColdFlags {
  data: string
  replace?: boolean
}

/** Adds `tidemark restore`. */
export function addRestoreCommand(program: Command): void {
  const command = program
    .command('restore')
    .description('make a folder of data out of a backup; nothing changes until the whole file has passed its checks')
    .argument('<file>', 'what tidemark backup wrote')
    .addOption(dataOption())
    .option('--replace', 'the data that the folder has is to go')
    .action(runRestore)
  const what = 'where the cold rows of the backup are, or where its files of them are to be put'
  for (const option of placeOptions(what)) command.addOption(option)
}

async function runRestore(file: string, { data, replace = false, ...where }: RestoreFlags): Promise<void> {
  await checkFile(file)
  const directory = resolve(data)
  const cold = tiersOf(where, process.env)?.cold
  try {
    await restoreStore({ kind: 'files', directory }, createReadStream(file), { replace, ...(cold && { cold }) })
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.kind !== 'invalid') throw error
    const message = `${error.message}: --data names another folder, --replace lets data go, --cold says where cold rows are`
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

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import { placeOptions } from './cold-tier.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { writeOutput } from './output.ts'
import { formatBytes } from './progress.ts'
import { openSource, type SourceFlags } from './source.ts'

interface BackupFlags extends SourceFlags {
  force?: true
  includeCold?: true
}

/** Adds `tidemark backup`. */
export function addBackupCommand(program: Command): void {
  const command = program
    .command('backup')
    .description('write all data of a folder or of a relay into one file; a relay goes on meanwhile')
    .argument('<file>', 'the file, such as store.tdmk')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .option('--force', 'write over a file that is there')
    .option('--include-cold', 'with the files of cold rows, not just where they are')
    .action(runBackup)
  for (const option of placeOptions('where the cold rows of the folder are')) command.addOption(option)
}

async function runBackup(file: string, { force, includeCold, ...where }: BackupFlags): Promise<void> {
  if (existsSync(file) && !force) {
    throw new TidemarkError('invalid', `${file} is there already; say --force to write over it`)
  }
  const source = await openSource(where, { create: false })
  try {
    let bytes = 0
    const chunks = await source.backup({ cold: includeCold ? 'include' : 'reference' })
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        bytes += chunk.length
        yield chunk
      }
    }
    await writeOutput(counted(), file)
    process.stdout.write(`${formatBytes(bytes)} in ${file}; tidemark restore makes a folder of it\n`)
  } finally {
    await source.close()
  }
}

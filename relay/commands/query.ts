import type { Command } from 'commander'
export function addQueryCommand(program: Command): void {
  program.command('query')
}

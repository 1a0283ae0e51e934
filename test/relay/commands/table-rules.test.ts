import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { evictableOption, maxBytesOption, retentionOption, rollupOption } from '../../../relay/commands/table-rules.ts'

function parse(...args: string[]): unknown {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  program
    .addOption(retentionOption())
    .addOption(rollupOption())
    .addOption(maxBytesOption())
    .addOption(evictableOption())
  return program.parse(args, { from: 'user' }).opts()
}

test('rules of several tables are gathered', () => {
  const args = ['--retention', 'cpu=30d', '--retention', 'a=b*=90s', '--rollup', 'cpu=5m:90d,1h', '--rollup', 'air*=1d']
  expect(parse(...args)).toEqual({
    retention: { cpu: 30 * 86_400_000, 'a=b*': 90_000 },
    rollup: {
      cpu: [{ everyMs: 300_000, keepMs: 90 * 86_400_000 }, { everyMs: 3_600_000 }],
      'air*': [{ everyMs: 86_400_000 }],
    },
    evictable: [],
  })
})

test('the rules that the README shows are taken', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const shown = [...readme.matchAll(/`(--retention \S+ --rollup \S+)`/g)].map(([, flags = '']) => flags.split(' '))
  expect(shown.length).toBeGreaterThan(0)
  for (const flags of shown) expect(parse(...flags)).toMatchObject({ retention: {}, rollup: {} })
})

test.each([
  ['1', 1],
  ['500MB', 500_000_000],
  ['20 GB', 20_000_000_000],
  ['2GiB', 2_147_483_648],
])('%s are so many bytes', (text, bytes) => {
  expect(parse('--max-bytes', text, '--evictable', 'cpu', '--evictable', 'a,b*')).toMatchObject({
    maxBytes: bytes,
    evictable: ['cpu', 'a', 'b*'],
  })
})

test.each([
  [['--max-bytes', '0'], "'0' is not a size"],
  [['--max-bytes', '5 horses'], "'5 horses' is not a size"],
  [['--retention', '30d'], 'It looks like cpu=30d.'],
  [['--retention', 'cpu=soon'], "'soon' is not a duration"],
  [['--rollup', 'cpu=5m:1d:2d'], "'5m:1d:2d' is not a width"],
  [['--rollup', 'cpu=1us'], "'1us' is not a duration"],
  [['--rollup', 'cpu='], "'' is not a duration"],
])('refuses %j', (args, message) => {
  expect(() => parse(...args)).toThrow(message)
})

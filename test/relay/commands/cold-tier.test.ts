import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { type ColdFlags, coldOptions, tiersOf } from '../../../relay/commands/cold-tier.ts'

function flags(...args: string[]): ColdFlags {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  for (const option of coldOptions()) program.addOption(option)
  return program.parse(args, { from: 'user' }).opts()
}

const AWS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }

describe('the cold tier of a command', () => {
  test('is a bucket and a prefix, with credentials of the environment and rules by table', () => {
    const given = flags(
      ...['--cold', 's3://tide/a/b', '--cold-endpoint', 'http://127.0.0.1:9000'],
      ...['--cold-after', '7d', '--cold-after', 'cpu=12h', '--cold-over', 'cpu=5gb', '--cold-over', 'mem*=300'],
      ...['--cold-keep-read', 'cpu=1h', '--cold-kept', '5gb'],
    )
    expect(tiersOf(given, { ...AWS, AWS_REGION: 'eu-1', AWS_SESSION_TOKEN: 'token' })).toEqual({
      cold: {
        ...{ kind: 's3', bucket: 'tide', prefix: 'a/b', endpoint: 'http://127.0.0.1:9000', region: 'eu-1' },
        ...{ accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' },
      },
      rules: {
        '*': { afterMs: 7 * 86_400_000 },
        cpu: { afterMs: 43_200_000, maxLocalBytes: 5e9, keepReadMs: 3_600_000 },
        'mem*': { maxLocalBytes: 300 },
      },
      keptBytes: 5e9,
    })
  })

  test('is a published folder, or named by the environment alone, or none', () => {
    expect(tiersOf(flags('--cold', 'https://example.org/d'), {})).toEqual({
      cold: { kind: 'http', base: 'https://example.org/d' },
      rules: {},
      keptBytes: 1e9,
    })
    expect(tiersOf({}, { ...AWS, TIDEMARK_COLD: 's3://tide' })).toMatchObject({ cold: { bucket: 'tide', prefix: '' } })
    expect(tiersOf(flags(), {})).toBeUndefined()
  })

  test.each([
    [['--cold', 's3://tide/p'], 'AWS_ACCESS_KEY_ID'],
    [['--cold', 'ftp://tide'], 'neither s3://'],
    [['--cold-after', '7d'], 'no --cold'],
  ])('refuses %j', (args, message) => {
    expect(() => tiersOf(flags(...args), {})).toThrow(message)
  })

  test.each([
    [['--cold-after', 'soon'], 'not a duration'],
    [['--cold-after', '=7d'], 'It looks like'],
    [['--cold-over', 'cpu=much'], 'not a size'],
    [['--cold-kept', '-1'], 'not a size'],
  ])('refuses %j when it is read', (args, message) => {
    expect(() => flags(...args)).toThrow(message)
  })
})

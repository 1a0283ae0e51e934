import { InvalidArgumentError, Option } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import { parseDuration } from '../../engine/core/time.ts'
import type { Tiers } from '../../engine/engine.ts'

const NS_PER_MS = 1_000_000n
const BYTES: Readonly<Record<string, number>> = { '': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 }

/** Of the cold tier so much is kept in the folder. */
const KEPT_BYTES = 1e9

type Rules = Record<string, { afterMs?: number; maxLocalBytes?: number; keepReadMs?: number }>

/** What a command was told about the cold tier. */
export interface ColdFlags {
  cold?: string
  coldEndpoint?: string
  coldKept?: number
  coldAfter?: Rules
  coldOver?: Rules
  coldKeepRead?: Rules
}

/** `--cold` and what it needs: `what` tells what the place is for. */
export function placeOptions(what: string): Option[] {
  return [
    new Option('--cold <place>', what).env('TIDEMARK_COLD'),
    new Option('--cold-endpoint <address>', "address of an S3-compatible store that is not Amazon's").env(
      'TIDEMARK_COLD_ENDPOINT',
    ),
    new Option('--cold-kept <size>', 'keep so much of what queries read of the cold tier in the folder, such as 20gb')
      .env('TIDEMARK_COLD_KEPT')
      .argParser(bytes)
      .default(KEPT_BYTES, '1gb'),
  ]
}

/** `--cold` and what goes with it where a store is opened for long. */
export function coldOptions(): Option[] {
  return [
    ...placeOptions(
      'keep days that are no longer hot as Parquet in s3://bucket/prefix (with AWS_ACCESS_KEY_ID and so on), or read those of https://host/folder',
    ),
    new Option(
      '--cold-after <duration>',
      'move whole days so long after their end, of every table or as table=duration; may be repeated',
    )
      .argParser((text: string, all: Rules) => withRule(all, text, (rule) => ({ afterMs: milliseconds(rule) })))
      .default({}, 'never'),
    new Option(
      '--cold-over <size>',
      'move the oldest days of a table while it takes more than so much, such as 20gb or cpu=5gb',
    )
      .argParser((text: string, all: Rules) => withRule(all, text, (rule) => ({ maxLocalBytes: bytes(rule) })))
      .default({}, 'never'),
    new Option(
      '--cold-keep-read <duration>',
      'keep days here for so long after a query read of them, of every table or as table=duration',
    )
      .argParser((text: string, all: Rules) => withRule(all, text, (rule) => ({ keepReadMs: milliseconds(rule) })))
      .default({}, 'not'),
  ]
}

/** The tiers that flags and environment name; `undefined` where there is none. Throws `invalid` where something is missing. */
export function tiersOf(flags: ColdFlags, environment: NodeJS.ProcessEnv): Tiers | undefined {
  const place = flags.cold ?? environment.TIDEMARK_COLD
  const rules = mergedRules(flags)
  const { coldKept: keptBytes = KEPT_BYTES } = flags
  if (place === undefined || place === '') {
    if (Object.keys(rules).length === 0) return undefined
    throw new TidemarkError('invalid', 'there are rules about the cold tier but no --cold that says where it is')
  }
  if (/^https?:/.test(place)) return { cold: { kind: 'http', base: place }, rules, keptBytes }
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(place) ?? []
  if (bucket === undefined) {
    throw new TidemarkError('invalid', `the cold tier '${place}' is neither s3://bucket/prefix nor an address of http`)
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  if (!accessKeyId || !secretAccessKey) {
    throw new TidemarkError('invalid', 'a cold tier on S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  const endpoint = flags.coldEndpoint ?? environment.TIDEMARK_COLD_ENDPOINT ?? environment.AWS_ENDPOINT_URL_S3
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION
  const sessionToken = environment.AWS_SESSION_TOKEN
  return {
    cold: {
      ...{ kind: 's3', bucket, prefix, accessKeyId, secretAccessKey },
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(sessionToken !== undefined && { sessionToken }),
    },
    rules,
    keptBytes,
  }
}

function mergedRules({ coldAfter = {}, coldOver = {}, coldKeepRead = {} }: ColdFlags): Rules {
  const names = new Set([coldAfter, coldOver, coldKeepRead].flatMap(Object.keys))
  return Object.fromEntries(
    [...names].map((name) => [name, { ...coldAfter[name], ...coldOver[name], ...coldKeepRead[name] }]),
  )
}

function withRule(all: Rules, text: string, read: (rule: string) => Rules[string]): Rules {
  const at = text.lastIndexOf('=')
  const table = at < 0 ? '*' : text.slice(0, at)
  if (table === '') throw new InvalidArgumentError('It looks like 7d or cpu=7d.')
  return { ...all, [table]: read(text.slice(at + 1)) }
}

function milliseconds(text: string): number {
  const nanoseconds = parseDuration(text)
  if (nanoseconds !== undefined && nanoseconds % NS_PER_MS === 0n) return Number(nanoseconds / NS_PER_MS)
  throw new InvalidArgumentError(`'${text}' is not a duration such as 12h or 7d.`)
}

function bytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([kmgt]b|)$/i.exec(text) ?? []
  const size = Number(digits) * (BYTES[unit.toLowerCase()] ?? 0)
  if (digits !== '' && Number.isSafeInteger(size)) return size
  throw new InvalidArgumentError(`'${text}' is not a size such as 500mb or 20gb.`)
}

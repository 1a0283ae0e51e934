import { parseTimestamp } from '../../core/time.ts'
import { utcOf, type Zone, zoneOf } from '../../core/zone.ts'
import type { ExpressionSyntax } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import { coerce } from './coerce.ts'
import { queryError } from './query-error.ts'
import { constantScope } from './row-scope.ts'
import type { Environment } from './scope.ts'

/** The zone in which a text that names none is a time. */
export interface ZonedPlace {
  zone: Zone
  environment: Environment
}

/** The zone of TIME ZONE, or UTC. */
export function checkZone(syntax: ExpressionSyntax | undefined, environment: Environment): Zone {
  if (syntax === undefined) return zoneOf('UTC')
  const name = checkExpression(syntax, constantScope(environment, 'TIME ZONE', 'the name of a zone'))
  if (name.kind !== 'literal' || typeof name.value !== 'string') {
    throw queryError(syntax.range, "TIME ZONE expected the name of a zone such as 'Europe/Berlin'", {
      expected: ["'Europe/Berlin'", "'UTC'"],
    })
  }
  try {
    return zoneOf(name.value)
  } catch {
    throw queryError(syntax.range, `there is no time zone '${name.value}'`, {
      hint: "Zones are called like 'Europe/Berlin', 'UTC' and '+05:30'.",
    })
  }
}

const LOCAL_TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?$/

/** A constant time; a text that names no zone is of the place's. */
export function constantTime(syntax: ExpressionSyntax, clause: string, { zone, environment }: ZonedPlace): bigint {
  const checked = checkExpression(syntax, constantScope(environment, clause, 'a time'))
  const value = checked.kind === 'literal' ? checked.value : null
  if (typeof value === 'string' && LOCAL_TIME.test(value)) {
    const local = parseTimestamp(value)
    if (local !== undefined) return atZone(local, zone)
  }
  const time = coerce(checked, 'time', syntax.range)
  if (time.kind === 'literal' && typeof time.value === 'bigint' && time.type === 'time') return time.value
  throw queryError(syntax.range, `${clause} expected a time`, { expected: ['a time'] })
}

const SECOND = 1_000_000_000n

function atZone(local: bigint, zone: Zone): bigint {
  const fraction = ((local % SECOND) + SECOND) % SECOND
  return BigInt(utcOf(Number((local - fraction) / SECOND), zone)) * SECOND + fraction
}

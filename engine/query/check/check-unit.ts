import { type Expression, expressionType } from '../../core/expression.ts'
import { conversionOf, knownUnits, type Unit } from '../../core/unit.ts'
import { CONVERT_NAME } from '../../function/unit.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { literal, type Ranged, requireType, toDouble } from './coerce.ts'
import { queryError, unknownName } from './query-error.ts'
import { unitOf } from './unit-of.ts'

/** `x::unit`: the unit of `x` is that of its field. */
export function checkUnit(operand: Ranged, to: string, range: SourceRange): Expression {
  const from = unitOf(operand[0])
  if (from === undefined) {
    throw queryError(operand[1], `the unit of this is not known; expected a field that has one`, {
      hint: `Say it with convert(x, 'from', '${to}').`,
    })
  }
  return converted(operand, requireUnit(from, operand[1]), requireUnit(to, range))
}

/** `convert(x, 'to')` or `convert(x, 'from', 'to')`. */
export function checkConvert(args: readonly Ranged[], range: SourceRange): Expression {
  const [operand, ...units] = args
  const names = units.map(([unit, at]) => {
    if (unit.kind === 'literal' && typeof unit.value === 'string') return [unit.value, at] as const
    throw queryError(at, 'convert() expected a unit as a string', { expected: ['a string'] })
  })
  const [first, second] = names
  if (operand === undefined || first === undefined || names.length > 2) {
    throw queryError(range, "expected convert(x [, 'from'], 'to')")
  }
  if (second === undefined) return checkUnit(operand, first[0], first[1])
  return converted(operand, requireUnit(first[0], first[1]), requireUnit(second[0], second[1]))
}

function requireUnit(name: string, range: SourceRange): Unit {
  const unit = knownUnits().get(name)
  if (unit === undefined) throw unknownName(range, { what: 'unit', wrong: name }, [...knownUnits().keys()])
  return unit
}

function converted([operand, range]: Ranged, from: Unit, to: Unit): Expression {
  requireType(operand, ['i64', 'f64'], range, `a conversion to ${to.name}`)
  if (from.dimension !== to.dimension) {
    throw queryError(
      range,
      `${from.name} is ${from.dimension} and ${to.name} is ${to.dimension}; expected one dimension`,
    )
  }
  const { multiplier, divisor, shift } = conversionOf(from, to)
  const value = expressionType(operand) === 'f64' ? operand : toDouble(operand)
  const args = [value, ...[multiplier, divisor, shift].map(literal)]
  return { kind: 'call', name: CONVERT_NAME, type: 'f64', args, unit: to.name }
}

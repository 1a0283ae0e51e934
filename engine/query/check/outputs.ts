import { printSyntax } from '../parse/print-syntax.ts'
import type { CoreSyntax, ExpressionSyntax, SelectItem, SourceRange } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import type { Output } from './checked.ts'
import { queryError, unknownName } from './query-error.ts'
import { columnReference, outputOf, relationColumns } from './relation.ts'
import type { Scope } from './scope.ts'
import { type Sources, visibleName } from './sources.ts'

type ExpressionItem = Extract<SelectItem, { kind: 'expression' }>

/** The columns of a SELECT without aggregates. */
export function checkItems(items: readonly SelectItem[], sources: Sources, scope: Scope): Output[] {
  const outputs: Output[] = []
  for (const item of items) {
    if (item.kind === 'star') outputs.push(...starOutputs(item, sources, outputs))
    else if (item.offset) throw queryError(item.offset.range, 'OFFSET moves aggregates in time; here are none')
    else outputs.push(checkItem(item, { sources, others: outputs }, scope))
  }
  return outputs
}

/** All columns of a source, or of all. Of two with one name the later is called with its source. */
function starOutputs(
  { qualifier, range }: Extract<SelectItem, { kind: 'star' }>,
  from: Sources,
  others: readonly Output[],
): Output[] {
  const all = relationColumns(from.relation)
  const chosen = from.sources.filter(({ alias }) => qualifier === undefined || alias === qualifier)
  if (chosen.length === 0) {
    const aliases = from.sources.map(({ alias }) => alias)
    throw unknownName(range, { what: 'source', wrong: qualifier ?? '' }, aliases)
  }
  const outputs: Output[] = []
  const mergedSeen = new Set<string>()
  for (const { alias, columns } of chosen) {
    for (const { name, column } of columns) {
      const merged = qualifier === undefined ? from.merged.get(name) : undefined
      if (merged && mergedSeen.has(name)) continue
      if (merged) mergedSeen.add(name)
      const taken = [...others, ...outputs].some((output) => output.name === name)
      const shown = taken && from.sources.length > 1 ? `${alias}.${name}` : name
      outputs.push(outputOf(shown, columnReference(merged ?? column), all))
    }
  }
  if (outputs.length === 0) throw queryError(range, "'*' has no columns here: the query has no FROM")
  return outputs
}

export interface ItemPlace {
  sources: Sources
  /** The columns before this one. */
  others: readonly Output[]
}

/** One column of an answer. A bare column has its own name, or with its source where that is taken. */
export function checkItem(
  { expression: syntax, offset, alias }: ExpressionItem,
  place: ItemPlace,
  scope: Scope,
): Output {
  const expression = checkExpression(syntax, scope)
  const own = alias?.name ?? nameOf(syntax, expression, place)
  const name = alias || offset === undefined ? own : `${own} OFFSET ${offset.text}`
  return outputOf(name, expression, relationColumns(place.sources.relation))
}

function nameOf(syntax: ExpressionSyntax, expression: Output['expression'], { sources, others }: ItemPlace): string {
  if (syntax.kind !== 'name') return printSyntax(syntax)
  const own = expression.kind === 'column' ? visibleName(expression, sources) : undefined
  if (own !== undefined && (own === syntax.name || !others.some((output) => output.name === own))) return own
  return syntax.qualifier === undefined ? syntax.name : `${syntax.qualifier}.${syntax.name}`
}

export function requireUniqueNames(outputs: readonly Output[], core: CoreSyntax): void {
  const names = new Set<string>()
  for (const { name } of outputs) {
    if (names.has(name)) {
      const range = rangeOfItem(core, name)
      throw queryError(range, `two columns would have the name '${name}'`, { hint: 'Name one of them with AS.' })
    }
    names.add(name)
  }
}

function rangeOfItem(core: CoreSyntax, name: string): SourceRange {
  const named = core.items.filter((item) => item.kind === 'expression')
  const item = named.findLast(
    ({ alias, expression }) =>
      (alias?.name ?? (expression.kind === 'name' ? expression.name : printSyntax(expression))) === name,
  )
  return item?.alias?.range ?? item?.expression.range ?? core.range
}

import type { QueryTree } from './query-tree.ts'

/** Most statements that are tried. */
const MAX_TRIALS = 3000

/** The smallest statement that is found by leaving parts of one out for which a test still holds. */
export async function shrinkQuery(
  query: QueryTree,
  fails: (smaller: QueryTree) => Promise<boolean>,
): Promise<QueryTree> {
  let known = query
  let trials = 0
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const candidate of smallerTrees(known)) {
      if (++trials > MAX_TRIALS) return known
      if (!(await fails(candidate as QueryTree))) continue // of the form of the whole
      known = candidate as QueryTree
      isSmaller = true
      break
    }
  }
  return known
}

type Tree = unknown

/** Trees with something less, those with much less first. */
function* smallerTrees(tree: Tree): Generator<Tree> {
  if (Array.isArray(tree)) yield* smallerLists(tree)
  else if (typeof tree === 'object' && tree !== null) yield* smallerNodes(tree as Record<string, Tree>) // by the test before
}

function* smallerLists(list: readonly Tree[]): Generator<Tree> {
  for (const at of list.keys()) yield list.toSpliced(at, 1)
  for (const [at, each] of list.entries()) for (const smaller of smallerTrees(each)) yield list.with(at, smaller)
}

const OPTIONAL: readonly string[] = ['where', 'having', 'limit', 'offset', 'latest', 'window']
/** Lists whose length says something. */
const FIXED: readonly string[] = ['ours', 'theirs', 'parts', 'queries']

function* smallerNodes(node: Record<string, Tree>): Generator<Tree> {
  for (const key of OPTIONAL) {
    if (!(key in node)) continue
    const { [key]: _, ...rest } = node
    yield rest
  }
  if (node.kind === 'set') yield* [node.left, node.right]
  if (node.kind === 'join') yield* [node.left, node.right]
  if (node.distinct === true) yield { ...node, distinct: false }
  if ('parts' in node) yield* simplerExpressions(node)
  for (const [key, value] of Object.entries(node)) {
    if (FIXED.includes(key) && Array.isArray(value)) {
      for (const [at, part] of value.entries()) {
        for (const smaller of smallerTrees(part)) yield { ...node, [key]: value.with(at, smaller) }
      }
    } else for (const smaller of smallerTrees(value)) yield { ...node, [key]: smaller }
  }
}

const CONSTANTS: Readonly<Record<string, readonly [ours: string, theirs: string]>> = {
  exact: ['1.0', '1::DOUBLE'],
  odd: ['0.1', '0.1::DOUBLE'],
  small: ['1', '1::BIGINT'],
  wide: ['1', '1::BIGINT'],
  text: ["'a'", "'a'"],
  bool: ['TRUE', 'TRUE'],
}

/** A part of the same type in place of the whole, or a constant. */
function* simplerExpressions(node: Record<string, Tree>): Generator<Tree> {
  const parts = node.parts as readonly Record<string, Tree>[] // the form of an expression
  for (const part of parts) if (part.type === node.type) yield part
  const constant = CONSTANTS[String(node.type)]
  if (constant && (parts.length > 0 || node.ours !== constant[0])) {
    yield { type: node.type, ours: constant[0], theirs: constant[1], parts: [], queries: [] }
  }
}

import type { Token } from './token.ts'

/** Words that a query goes on with behind a query in brackets. */
const GOES_ON: ReadonlySet<string> = new Set(['union', 'except', 'intersect', 'order', 'limit'])

/**
 * For each token 1 where it is a bracket that holds a query: behind it begins one, or a query in brackets that is all of it
 * or an operand. `((SELECT 1) AS a JOIN ...)` holds none. Takes time linear in the tokens.
 */
export function queryBrackets(tokens: readonly Token[], beginsQuery: (at: number) => boolean): Uint8Array {
  const holds = new Uint8Array(tokens.length)
  const closing = closingPlaces(tokens)
  for (let at = tokens.length - 1; at >= 0; at--) {
    if (!isSign(tokens[at], '(')) continue
    const inner = closing[at + 1] ?? 0
    if (beginsQuery(at + 1)) holds[at] = 1
    else if (holds[at + 1] === 1 && inner > 0 && goesOn(tokens[inner + 1])) holds[at] = 1
  }
  return holds
}

function goesOn(token: Token | undefined): boolean {
  const isWord = token?.kind === 'name' || token?.kind === 'keyword'
  return isSign(token, ')') || (isWord && GOES_ON.has(token.text.toLowerCase()))
}

/** Where each opening bracket closes; 0 where it does not. */
function closingPlaces(tokens: readonly Token[]): Uint32Array {
  const closing = new Uint32Array(tokens.length)
  const open: number[] = []
  tokens.forEach((token, at) => {
    if (isSign(token, '(')) open.push(at)
    else if (isSign(token, ')')) {
      const opening = open.pop()
      if (opening !== undefined) closing[opening] = at
    }
  })
  return closing
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'operator' && token.text === sign
}

/** Longest name that is compared: the time of a comparison grows with the product of the lengths. */
const MAX_COMPARED_LENGTH = 100
/** Most names that are compared with a wrong one. */
const MAX_CANDIDATES = 2_000
/** Shorter words are parts of too many names. */
const SHORTEST_PART = 3
/** An edit of a whole name is likelier than all but a part of it left out. */
const PART_EDITS = 0.5

/**
 * The name that a mistyped one most likely means: the fewest edits, at most a third of its length, of a whole name or of a part between
 * underscores and the like.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  if (wrong.length > MAX_COMPARED_LENGTH) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1
  let compared = 0
  for (const name of names) {
    if (name.length > MAX_COMPARED_LENGTH || ++compared > MAX_CANDIDATES) continue
    const distance = editsBetween(wrong.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      best = name
      least = distance
    }
  }
  return best
}

function editsBetween(wrong: string, name: string): number {
  const whole = editDistance(wrong, name)
  const parts = wrong.length < SHORTEST_PART ? [] : name.split(/[_.:-]/).filter((part) => part.length >= SHORTEST_PART)
  return Math.min(whole, ...parts.map((part) => editDistance(wrong, part) + PART_EDITS))
}

/** Damerau-Levenshtein with neighbours swapped at most once (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1)
      }
      current.push(cost)
    }
    older = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

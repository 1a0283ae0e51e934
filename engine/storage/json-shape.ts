/** A list out of JSON. Throws where it is none; `what` names it. */
export function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`'${what}' is not a list`)
  return value
}

/** A map out of a list of entries: a name may be `__proto__`. */
export function entries<T>(value: unknown, what: string, check: (value: unknown) => T): Map<string, T> {
  return new Map(
    list(value, what).map((entry) => {
      const [name, content] = list(entry, what)
      return [String(name), check(content)]
    }),
  )
}

export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`'${what}' is not an object`)
  return value as Record<string, unknown> // what an object of JSON is
}

export function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Error(`'${what}' is not a count`)
  return value
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`'${what}' is not a text`)
  return value
}

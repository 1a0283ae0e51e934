import { TidemarkError } from '../../core/errors.ts'
import type { Literal } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { QueryPlan } from '../plan/plan.ts'

type Params = Readonly<Record<string, Literal>>

/** Which parameter is the start of a range of time, and which its end. */
interface Bounds {
  start?: string
  end?: string
}

/** A place in a plan: the names on the way to it. */
type Path = readonly (string | number)[]

interface Places {
  start: Path[]
  end: Path[]
}

const DAY_NS = 86_400_000_000_000n
// No constant of a statement lies before the first range or after the second one, but by chance.
const EARLY = { start: MIN_TIME + 1_234_567n, end: MIN_TIME + DAY_NS + 7_654_321n }
const LATE = { start: MAX_TIME - DAY_NS - 1_234_567n, end: MAX_TIME - 7_654_321n }

const BOUND = /\btime\s*(>=|<)\s*\$(\w+)/gi
/** What else depends on more than text and catalog. */
const VARIES = /now|\bover\b/i

/**
 * A plan in which a range of time is still open: that of a statement whose parameters are nothing but the ends of it, as a
 * dashboard asks again and again. Planned for a range before and one after all times of the statement, it differs in the ends of the range
 * alone; then no other condition has a part in them, and it is the same for all between.
 */
export class PlanTemplate {
  readonly #bounds: Bounds
  readonly #plan: QueryPlan
  readonly #places: Places

  private constructor(bounds: Bounds, plan: QueryPlan, places: Places) {
    this.#bounds = bounds
    this.#plan = plan
    this.#places = places
  }

  /** `make` plans the statement of a text, or throws a `TidemarkError`. `undefined` where its plan depends on its parameters in any other way. */
  static async of(
    text: string,
    make: (params: Params) => Promise<QueryPlan | undefined>,
  ): Promise<PlanTemplate | undefined> {
    const bounds = boundsOf(text)
    if (bounds === undefined) return undefined
    const [early, late] = [await tried(make, paramsOf(bounds, EARLY)), await tried(make, paramsOf(bounds, LATE))]
    const places: Places = { start: [], end: [] }
    if (early?.kind !== 'select' || late === undefined || !differInRange(early, late, [], places)) return undefined
    const isWhole = hasPlaces(bounds.start, places.start) && hasPlaces(bounds.end, places.end)
    return isWhole ? new PlanTemplate(bounds, early, places) : undefined
  }

  /** The plan for some parameters; `undefined` where these are not the ends of a range. */
  bind(params: Params = {}): QueryPlan | undefined {
    const { start, end } = this.#bounds
    const names = [start, end].filter((name) => name !== undefined)
    if (Object.keys(params).length !== names.length) return undefined
    let plan = this.#plan
    for (const [name, places] of [
      [start, this.#places.start],
      [end, this.#places.end],
    ] as const) {
      if (name === undefined) continue
      const time = params[name]
      if (typeof time !== 'bigint' || time <= EARLY.start || time >= LATE.end) return undefined
      for (const place of places) plan = replaced(plan, place, time)
    }
    return this.#hasRows(plan) ? plan : undefined
  }

  /** Whether no range is empty, which would be another plan. */
  #hasRows(plan: QueryPlan): boolean {
    return [...this.#places.start, ...this.#places.end].every((place) => {
      const range = at(plan, place.slice(0, -1))
      return endOf(range, 'start') < endOf(range, 'end')
    })
  }
}

/** What is wrong with ranges that nobody asks for is no error. */
async function tried(
  make: (params: Params) => Promise<QueryPlan | undefined>,
  params: Params,
): Promise<QueryPlan | undefined> {
  try {
    return await make(params)
  } catch (error) {
    if (error instanceof TidemarkError) return undefined
    throw error
  }
}

/** The parameters of a text, where each is one end of a range of time, in one place. */
function boundsOf(text: string): Bounds | undefined {
  const found = [...text.matchAll(BOUND)]
  if (found.length === 0 || VARIES.test(text) || text.split('$').length - 1 !== found.length) return undefined
  const bounds: Bounds = {}
  for (const [, op, name] of found) {
    const end = op === '<' ? 'end' : 'start'
    if (bounds[end] !== undefined) return undefined
    bounds[end] = name as string
  }
  return bounds.start === bounds.end ? undefined : bounds
}

function paramsOf({ start, end }: Bounds, range: { start: bigint; end: bigint }): Params {
  return { ...(start !== undefined && { [start]: range.start }), ...(end !== undefined && { [end]: range.end }) }
}

function hasPlaces(name: string | undefined, places: readonly Path[]): boolean {
  return name === undefined ? places.length === 0 : places.length > 0
}

/** Whether two plans differ in nothing but the ends of ranges, whose places it puts down. */
function differInRange(early: unknown, late: unknown, path: Path, places: Places): boolean {
  if (Object.is(early, late)) return true
  if (typeof early === 'bigint') {
    const end = path[path.length - 1]
    if ((end !== 'start' && end !== 'end') || early !== EARLY[end] || late !== LATE[end]) return false
    places[end].push(path)
    return true
  }
  if (!isPlain(early) || !isPlain(late) || Array.isArray(early) !== Array.isArray(late)) return false
  const keys = Object.keys(early)
  if (keys.length !== Object.keys(late).length) return false
  return keys.every((key) => differInRange(valueAt(early, key), valueAt(late, key), [...path, key], places))
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype
}

function valueAt(object: object, key: string | number): unknown {
  return Reflect.get(object, key)
}

function at(value: unknown, path: Path): object {
  let found = value
  for (const key of path) found = valueAt(Object(found), key)
  return Object(found)
}

function endOf(range: object, end: 'start' | 'end'): bigint {
  const time = valueAt(range, end)
  if (typeof time !== 'bigint') throw new Error(`a range has no ${end}`)
  return time
}

/** A copy with another time in one place. */
function replaced<T extends object>(value: T, [key, ...rest]: Path, time: bigint): T {
  if (key === undefined) throw new Error('a plan is no time')
  const inner = rest.length === 0 ? time : replaced(Object(valueAt(value, key)), rest, time)
  if (!Array.isArray(value)) return { ...value, [key]: inner }
  const copy = value.slice()
  copy[Number(key)] = inner
  return Object(copy)
}

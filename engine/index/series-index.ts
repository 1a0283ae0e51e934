import { TidemarkError } from '../core/errors.ts'
import type { Matcher } from '../core/matcher.ts'
import { compareUtf8, decodeSeriesKey, keyText, type Series, type Tags } from '../core/series.ts'
import { intersect, noPostings, type Postings, PostingsList, subtract, unite } from './postings.ts'
import { compileMatcher, type TagPredicate } from './tag-predicate.ts'

interface TableIndex {
  all: PostingsList
  /** tag → value → refs. */
  tags: Map<string, Map<string, PostingsList>>
}

/** The series of one shard host: a dense ref for each, and for each tag value the refs that have it. */
export class SeriesIndex {
  readonly #refs = new Map<string, number>()
  readonly #series: Series[] = []
  readonly #tables = new Map<string, TableIndex>()

  get size(): number {
    return this.#series.length
  }

  /** The ref of a canonical key, a new one where it is not known yet. Throws `corrupt` where the bytes are no key. */
  register(key: Uint8Array): number {
    const text = keyText(key)
    const known = this.#refs.get(text)
    if (known !== undefined) return known
    const series = decodeSeriesKey(key)
    if (series === undefined) throw new TidemarkError('corrupt', 'a series key does not have the form of one')
    const ref = this.#series.length
    this.#refs.set(text, ref)
    this.#series.push(series)
    this.#addPostings(series, ref)
    return ref
  }

  series(ref: number): Series {
    const series = this.#series[ref]
    if (series === undefined) throw new RangeError(`series ref ${ref} was never given out`)
    return series
  }

  tags(ref: number): Tags {
    return this.series(ref).tags
  }

  /** Refs of the series of a table that pass every matcher, in canonical order of their tags. */
  async select(table: string, matchers: readonly Matcher[]): Promise<Uint32Array> {
    const index = this.#tables.get(table)
    if (index === undefined) return noPostings
    let refs = index.all.refs
    for (const matcher of matchers) {
      refs = applyPredicate(refs, index.tags.get(matcher.tag), await compileMatcher(matcher))
    }
    return this.#inCanonicalOrder(refs)
  }

  /** Names of the tags of a table, unsorted. */
  tagNames(table: string): string[] {
    return [...(this.#tables.get(table)?.tags.keys() ?? [])]
  }

  tagValues(table: string, tag: string): string[] {
    return [...(this.#tables.get(table)?.tags.get(tag)?.keys() ?? [])]
  }

  #addPostings(series: Series, ref: number): void {
    let table = this.#tables.get(series.table)
    if (table === undefined) {
      table = { all: new PostingsList(), tags: new Map() }
      this.#tables.set(series.table, table)
    }
    table.all.add(ref)
    for (const [tag, value] of series.tags) {
      const values = getOrAdd(table.tags, tag, () => new Map<string, PostingsList>())
      getOrAdd(values, value, () => new PostingsList()).add(ref)
    }
  }

  #inCanonicalOrder(refs: Postings): Uint32Array {
    return Uint32Array.from([...refs].sort((a, b) => compareTags(this.tags(a), this.tags(b))))
  }
}

/** Order of the canonical keys of two series of one table, without making the keys: by tag, name before value. */
export function compareTags(a: Tags, b: Tags): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const [nameA, valueA] = a[i] as readonly [string, string]
    const [nameB, valueB] = b[i] as readonly [string, string]
    const order = compareUtf8(nameA, nameB) || compareUtf8(valueA, valueB)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Series without the tag have the value '': where that passes, what fails is taken away instead. */
function applyPredicate(refs: Postings, values: Map<string, PostingsList> | undefined, passes: TagPredicate): Postings {
  const absentPasses = passes('')
  const chosen: Postings[] = []
  for (const [value, list] of values ?? []) if (passes(value) !== absentPasses) chosen.push(list.refs)
  const united = unite(chosen)
  return absentPasses ? subtract(refs, united) : intersect(refs, united)
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

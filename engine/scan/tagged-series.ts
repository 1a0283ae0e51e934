import { emptyValidity, type StringColumn, setValid } from '../core/batch.ts'
import { type Tags, tagValue } from '../core/series.ts'
import { seriesGroups } from './cell-groups.ts'

/** A partition for each series, by its place; in the order of the values of their tags. */
export interface Partitions {
  count: number
  ofPlace: Uint32Array
}

/** Values of one tag by the place of the series. */
interface TagCodes {
  codes: Uint32Array
  dictionary: readonly string[]
}

/** The code of a series that has no such tag. */
const NO_TEXT = 0xffffffff

/** The tags of some series by their place among these. What is asked for is made once. */
export class TaggedSeries {
  /** In canonical order. */
  readonly refs: Uint32Array
  readonly #tagsOf: (ref: number) => Tags
  readonly #columns = new Map<string, TagCodes>()
  #partitions: { by: string; partitions: Partitions } | undefined

  constructor(refs: Uint32Array, tagsOf: (ref: number) => Tags) {
    this.refs = refs
    this.#tagsOf = tagsOf
  }

  tags(place: number): Tags {
    return this.#tagsOf(this.refs[place] as number)
  }

  /** Series that share the values of some tags have one partition. Those that were asked for last are kept. */
  partitions(by: readonly string[]): Partitions {
    const key = JSON.stringify(by)
    if (this.#partitions?.by === key) return this.#partitions.partitions
    const { values, numbers } = seriesGroups(Array.from(this.refs, this.#tagsOf), by)
    const partitions = { count: values.length, ofPlace: numbers }
    this.#partitions = { by: key, partitions }
    return partitions
  }

  /** The values of a tag of the series in some places. Columns of one tag have the same dictionary, that of all series. */
  column(name: string, places: Uint32Array): StringColumn {
    const { codes, dictionary } = this.#codesOf(name)
    const values = new Uint32Array(places.length)
    let validity: Uint8Array | undefined
    for (let row = 0; row < values.length; row++) {
      const code = codes[places[row] as number] as number
      if (code !== NO_TEXT) values[row] = code
      else validity ??= emptyValidity(values.length)
    }
    if (validity === undefined) return { name, type: 'string', values, dictionary }
    for (let row = 0; row < values.length; row++) {
      if (codes[places[row] as number] !== NO_TEXT) setValid(validity, row)
    }
    return { name, type: 'string', values, dictionary, validity }
  }

  #codesOf(name: string): TagCodes {
    const known = this.#columns.get(name)
    if (known) return known
    const dictionary: string[] = []
    const numbers = new Map([['', NO_TEXT]])
    const codes = new Uint32Array(this.refs.length)
    for (let place = 0; place < codes.length; place++) {
      const text = tagValue(this.tags(place), name)
      const code = numbers.get(text) ?? dictionary.push(text) - 1
      numbers.set(text, code)
      codes[place] = code
    }
    const made = { codes, dictionary }
    this.#columns.set(name, made)
    return made
  }
}

/** A part that few statements need: loaded, then used. */
export class OnDemand<Part> {
  readonly #load: () => Promise<Part>
  #part: Part | undefined

  constructor(load: () => Promise<Part>) {
    this.#load = load
  }

  async load(): Promise<void> {
    this.#part ??= await this.#load()
  }

  get part(): Part {
    if (this.#part === undefined) throw new Error('a part of the language is used before it was loaded')
    return this.#part
  }
}

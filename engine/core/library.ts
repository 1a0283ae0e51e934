/** Something large that few statements need, loaded before the first of them runs. Loading it twice is harmless. */
export interface Library {
  isLoaded(): boolean
  load(): Promise<void>
}

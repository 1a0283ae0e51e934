/** How many groups a series has, of how many columns, times included, and which schema. */
export interface SeriesLayout {
  schema: number
  columns: number
  groups: number
}

/**
 * Numbers of a segment's blocks with those of a column together: by schema, column, series, group. Blocks that stand
 * together are alike, so their headers take fewer bytes in this order.
 */
export function columnOrder(layouts: readonly SeriesLayout[]): Uint32Array {
  const firsts: number[] = []
  const bySchema = new Map<number, number[]>()
  let blocks = 0
  layouts.forEach(({ schema, columns, groups }, series) => {
    firsts.push(blocks)
    blocks += columns * groups
    const members = bySchema.get(schema)
    if (members) members.push(series)
    else bySchema.set(schema, [series])
  })
  const order = new Uint32Array(blocks)
  let at = 0
  for (const members of bySchema.values()) {
    const { columns } = layouts[members[0] as number] as SeriesLayout
    for (let column = 0; column < columns; column++) {
      for (const series of members) {
        const { groups } = layouts[series] as SeriesLayout
        const first = (firsts[series] as number) + column * groups
        for (let group = 0; group < groups; group++) order[at++] = first + group
      }
    }
  }
  return order
}

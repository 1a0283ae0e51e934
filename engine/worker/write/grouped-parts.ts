import type { TableGroups, TableRows } from '../../core/rows.ts'
import { type GroupEncoder, MOST_GROUPED_ROWS } from '../../kernel/group-encoder.ts'
import { PART_ROWS } from './column-rows.ts'

/** Some parts of an append, and all their rows as groups. */
export interface GroupedParts {
  parts: readonly TableRows[]
  groups: TableGroups
}

/** The first parts of an append as groups, some at a time, as far as they are better that way. Their `series` are below `distinct`. */
export function* groupedParts(
  encoder: GroupEncoder,
  all: readonly TableRows[],
  distinct: number,
): Generator<GroupedParts> {
  const most = MOST_GROUPED_ROWS / PART_ROWS
  for (let from = 0; from < all.length; from += most) {
    const parts = all.slice(from, from + most)
    const groups = encoder.encode(parts, distinct)
    if (groups === undefined) return
    yield { parts, groups }
  }
}

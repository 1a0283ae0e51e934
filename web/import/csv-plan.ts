export const COLUMN_ROLES = []

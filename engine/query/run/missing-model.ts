import { TidemarkError } from '../../core/errors.ts'
import type { ModelPlan } from '../plan/plan.ts'

/** The error that there is no model of the name that a statement says. */
export function missingModel({ models: [model] }: ModelPlan): TidemarkError {
  const { name, range } = model ?? { name: '', range: { offset: 0, length: 0 } }
  return new TidemarkError('query', `there is no model '${name}': this version has no models yet`, { position: range })
}

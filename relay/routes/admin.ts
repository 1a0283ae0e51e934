import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Engine } from '../../engine/engine.ts'
import { statisticsSchema } from '../api-schemas.ts'
import type { RelayEnvironment } from '../environment.ts'
import type { RelayLimits } from '../limits.ts'

/** Long tasks that a store does on demand. */
export type AdminTask = 'flush' | 'compact'

const SUMMARIES: Readonly<Record<AdminTask, string>> = {
  flush: 'Write rows in memory to segments',
  compact: 'Write rows in memory to segments, then merge all segments into as few as there can be',
}

const routes = (Object.keys(SUMMARIES) as AdminTask[]).map((task) => ({
  task,
  route: createRoute({
    method: 'post',
    path: `/api/admin/${task}`,
    summary: SUMMARIES[task],
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: statisticsSchema } } },
      202: {
        description: 'It goes on; asking again waits for its end',
        content: { 'application/json': { schema: statisticsSchema } },
      },
    },
  }),
}))

/** Adds flush and compact. A task that is under way is joined, not begun a second time. */
export function addAdminRoutes(app: OpenAPIHono<RelayEnvironment>, engine: Engine, { requestMs }: RelayLimits): void {
  const running = new Map<AdminTask, Promise<void>>()
  const begin = (task: AdminTask): Promise<void> => {
    const done = engine[task]().finally(() => running.delete(task))
    running.set(task, done)
    return done
  }
  for (const { task, route } of routes) {
    app.openAPIRegistry.registerPath(route)
    app.post(route.path, async () => {
      const isDone = await endsWithin(running.get(task) ?? begin(task), requestMs)
      return Response.json(await engine.statistics(), { status: isDone ? 200 : 202 })
    })
  }
}

async function endsWithin(task: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([task.then(() => true), over])
  } finally {
    clearTimeout(timer)
  }
}

import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Long rounds of crashes and fuzzing; `npm test` has a short version of each. */
const config: ViteUserConfig = defineConfig({
  test: { include: ['test/**/*.slow.test.ts'], testTimeout: 3_600_000, hookTimeout: 600_000, fileParallelism: false },
})

export default config

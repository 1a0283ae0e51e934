import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { loadCore } from './engine/kernel/load-node.ts'
import { settledNames } from './test/support/settled-names.ts'

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * V8 13.6 of Node 24 now and then ends a process in which threads with WebAssembly come and go, in freeing what the compiler made
 * (nodejs/node#64500: `Check failed: jit_page_->allocations_.erase(addr) == 1`). It was seen twice in runs of all tests.
 */
const KEEP_CORE_CODE = ['--no-wasm-code-gc']

const scalarLoader = fileURLToPath(new URL('test/support/load-scalar.ts', import.meta.url))

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          execArgv: KEEP_CORE_CODE,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts', 'test/**/*.slow.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The tests of the core once more, with the one for engines without vectors.
        resolve: {
          alias: [{ find: /^(\.\.\/)+engine\/kernel\/load-node\.ts$/, replacement: scalarLoader }],
        },
        test: {
          name: 'scalar',
          environment: 'node',
          execArgv: KEEP_CORE_CODE,
          include: ['test/kernel/*.test.ts', 'test/parse/*.test.ts', 'test/storage/head.test.ts'],
          exclude: ['test/kernel/{core-file,generated,lower-simd}.test.ts', '**/*.slow.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Named here, since finding them in the middle of a run reloads the page.
        optimizeDeps: {
          include: [
            'hyparquet',
            'lit',
            '@codemirror/autocomplete',
            '@codemirror/commands',
            '@codemirror/language',
            '@codemirror/lint',
            '@codemirror/state',
            '@codemirror/view',
            '@observablehq/plot',
            'idb',
            '@uwdata/flechette',
            'hyparquet/src/column.js',
            'hyparquet/src/convert.js',
          ],
          // It finds its WebAssembly beside itself.
          exclude: ['@bokuweb/zstd-wasm'],
        },
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            // What a test in the page compares itself with.
            commands: { settledNamesInNode: () => settledNames(loadCore) },
            instances: [{ browser: 'chromium' }],
            provider: playwright({
              launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: chromiumFlags },
            }),
          },
        },
      },
    ],
  },
})

export default config

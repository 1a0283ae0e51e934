import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const page = (path: string): string => fileURLToPath(new URL(`web/${path}`, import.meta.url))

/** Files of `web/public`: they are copied as they are and are not part of the bundle. */
const PUBLIC_FILES = ['icon.svg', 'manifest.webmanifest']

/** The core for engines without vectors: who needs it fetches it; nobody else should. */
const RARELY_NEEDED = /core-scalar-[^/]*\.wasm$/

/** Writes the list of what the build made, and a version from its content, into the service worker. */
function precacheList(): Plugin {
  return {
    name: 'tidemark-precache-list',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle['sw.js']
        if (worker?.type !== 'chunk') return
        const files = Object.values(bundle).filter(
          ({ fileName }) => fileName !== 'sw.js' && !fileName.endsWith('.map') && !RARELY_NEEDED.test(fileName),
        )
        const hash = createHash('sha256')
        for (const file of files.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1))) {
          hash.update(file.fileName).update(file.type === 'chunk' ? file.code : file.source)
        }
        const names = [...files.map((file) => file.fileName).sort(), ...PUBLIC_FILES]
        worker.code = worker.code
          .replace('__PRECACHE_VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
          .replace('__PRECACHE_FILES__', JSON.stringify(names))
      },
    },
  }
}

const compress = promisify(gzip)
/** Smaller files fit into the packets that carry their headers. */
const GZIP_MIN_BYTES = 1400

/** Puts a compressed copy beside each text and the core, for servers that look for one. */
function gzipped(): Plugin {
  return {
    name: 'tidemark-gzipped',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const file of Object.values(bundle)) {
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
        if (bytes.length < GZIP_MIN_BYTES) continue
        await writeFile(join(dir, `${file.fileName}.gz`), await compress(bytes, { level: 9 }))
      }
    },
  }
}

/** Vite's own plugins take most of the time of a build this small. */
const checks = { bundlerTimings: false }

const config: UserConfig = defineConfig({
  root: page(''),
  base: './',
  cacheDir: page('../.cache/vite'),
  worker: { format: 'es', rolldownOptions: { checks } },
  plugins: [precacheList(), gzipped()],
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8086', ws: true } } },
  build: {
    outDir: page('../dist/app'),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      checks,
      input: { index: page('index.html'), sw: page('service-worker.ts') },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})

export default config

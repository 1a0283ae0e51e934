// What a fresh machine lacks: a Node that is new enough, the packages of the lock file, a Chromium for the tests.
// Runs on Node 20 and later with nothing installed, so it imports nothing but node:*.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NODE_MINIMUM = [22, 12]

/** A sentence for the user on stderr, and a non-zero exit. */
export function fail(sentence) {
  console.error(`tidemark: ${sentence}`)
  process.exit(1)
}

function isRecent(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1])
}

/** True when it ran the installation, false when the folder was up to date. */
function installLocked(folder) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const stamp = join(folder, 'node_modules', '.tidemark-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const args = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const done = spawnSync(npm[0], args, { cwd: folder, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (done.status !== 0) fail(`'npm ci' failed in ${folder}; run it by hand there to see why.`)
  writeFileSync(stamp, wanted)
  return true
}

/** The path of a Node >= 22.12: the running one, or one from npm that only development uses. */
export function ensureNode() {
  if (isRecent(process.versions.node)) return process.execPath
  const folder = join(root, 'scripts', 'node')
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = join(folder, 'node_modules', name, 'bin', binary)
  const known = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).optionalDependencies
  if (!(name in known)) {
    fail(
      `this is Node ${process.versions.node}, Tidemark needs Node >= ${NODE_MINIMUM.join('.')}, and npm carries none for ` +
        `${process.platform} on ${process.arch}. Install a newer Node from nodejs.org and try again.`,
    )
  }
  if (!existsSync(path))
    console.error(`tidemark: Node ${process.versions.node} is too old, fetching ${known[name]} from npm`)
  installLocked(folder)
  if (!existsSync(path)) fail(`npm did not install ${name}; install Node >= ${NODE_MINIMUM.join('.')} and try again.`)
  return path
}

/** Installs what package-lock.json names, when it is not there yet. */
export function ensurePackages() {
  if (!existsSync(join(root, 'node_modules')))
    console.error('tidemark: installing packages (about half a minute, once)')
  installLocked(root)
}

function findChromium() {
  const places = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ]
  return places.find((place) => place && existsSync(place))
}

/** The path of a Chromium: $CHROMIUM, an installed one, or Debian's, which root gets by apt. */
export function ensureChromium() {
  const found = findChromium()
  if (found) return found
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    fail('the tests need Chromium or Chrome: install one, or name it in the environment variable CHROMIUM.')
  }
  console.error('tidemark: installing chromium with apt-get for the tests')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  apt('update')
  apt('install', '-y', '--no-install-recommends', 'chromium')
  return findChromium() ?? fail('apt-get could not install chromium; see its messages above, or name one in CHROMIUM.')
}

/** Runs the work only when the sources it depends on have changed since it last succeeded. */
export function whenChanged(name, sourceHash, work) {
  const stamp = join(root, '.cache', `${name}.stamp`)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash) return
  work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, sourceHash)
}

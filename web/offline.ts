/** Installs the service worker that keeps a copy of the app. Without one the app works as well, but not offline. */
export async function keepOfflineCopy(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI), { updateViaCache: 'none' })
  } catch (error) {
    console.warn('Tidemark: no offline copy of the app:', error instanceof Error ? error.message : error)
  }
}

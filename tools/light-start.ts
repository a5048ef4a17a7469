import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** What a package does at its load that nobody here needs, and what stands in its place. */
interface Omission {
  readonly file: RegExp
  readonly is: string
  readonly becomes: string
}

const omissions: readonly Omission[] = [
  // Every Node that we run on has it. To ask whether it is there makes Node load its own fetch, beside undici's.
  { file: /@discordjs\/rest\/dist\/index\.mjs$/, is: 'globalThis.FormData ??= FormData2;', becomes: '' },
  // A copy of what Node prints objects with, for browsers.
  {
    file: /async_event_emitter\/dist\/index\.mjs$/,
    is: 'var import_inspect = __toESM(require_inspect(), 1);',
    becomes: "import * as nodeUtil from 'node:util';\nvar import_inspect = { default: nodeUtil };",
  },
  // Discord is asked by HTTP 1.1; this is what undici does where there is no other.
  {
    file: /undici\/lib\/dispatcher\/client-h2\.js$/,
    is: "http2 = require('node:http2')",
    becomes: 'http2 = { constants: {} }',
  },
]

/** What undici shows to all and nobody here asks for: its own mocks, fetch, web sockets, cookies, proxies and second tries. */
const unasked =
  /^\.\/lib\/(mock|interceptor|handler|dispatcher\/(balanced-pool|(env-http-)?proxy-agent|retry-agent)|web\/(cache|cookies|websocket|eventsource|fileapi)|web\/fetch(\/re(quest|sponse))?$)/

/**
 * What a start need not load is not loaded: a tenth of its CPU, and some 6 MB. Fails when a package has changed so that
 * it no longer finds its place.
 */
export const lightStart: Plugin = {
  name: 'a light start',
  setup(builder) {
    // The face that Node gives `http` for an import reads all it exports, `WebSocket` too, and so loads Node's own fetch.
    builder.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'faceless' } : null,
    )
    builder.onLoad({ filter: /.*/, namespace: 'faceless' }, () => ({
      contents: "module.exports = require('node:http')",
    }))
    builder.onResolve({ filter: unasked }, ({ path, importer }) =>
      importer.endsWith(join('undici', 'index.js')) ? { path, namespace: 'unasked' } : null,
    )
    builder.onLoad({ filter: /.*/, namespace: 'unasked' }, () => ({
      // It makes one of these at its load; all others are undefined, and fail whoever asks for one after all.
      contents: 'module.exports = { CacheStorage: Object }',
    }))
    for (const { file, is, becomes } of omissions) {
      builder.onLoad({ filter: file }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        if (!text.includes(is)) throw new Error(`${path} has no "${is}" any more.`)
        return { contents: text.replace(is, () => becomes), loader: 'js' }
      })
    }
  },
}

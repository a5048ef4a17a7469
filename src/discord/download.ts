import type { ChatFile } from '../core/attachment.ts'
import { messageOf, Problem } from '../core/failure.ts'

/** Where Discord keeps what people attach. */
const cdnHosts = new Set(['cdn.discordapp.com', 'media.discordapp.net'])
/** A whole download, and the wait for each next piece of it, in milliseconds. */
const usual = { wholeMs: 120_000, pieceMs: 15_000 }

export interface DownloadOptions {
  /** OMC_DISCORD_API; null: Discord's own. */
  readonly api: string | null
  readonly signal: AbortSignal
  /** Tests wait less. */
  readonly patience?: { readonly wholeMs: number; readonly pieceMs: number }
}

/**
 * What a person attached, piece by piece. Only from Discord's CDN (or the host of OMC_DISCORD_API, where the sandbox
 * keeps its own), and not to where an answer may send us: no address from outside makes this machine ask its network.
 * Throws a `wire` problem when it does not come.
 */
export async function* download(
  file: Pick<ChatFile, 'name' | 'url'>,
  { api, signal, patience = usual }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const url = addressOf(file.url, api)
  if (url === null) throw new Problem('wire', `${file.name} lies nowhere that Discord keeps files.`)
  const tooSlow = new AbortController()
  const timer = setTimeout(() => tooSlow.abort(new Error('no piece came in time')), patience.pieceMs)
  const until = AbortSignal.any([signal, tooSlow.signal, AbortSignal.timeout(patience.wholeMs)])
  try {
    const answer = await fetch(url, { redirect: 'error', signal: until, credentials: 'omit' })
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel()
      throw new Error(`status ${answer.status}`)
    }
    for await (const piece of answer.body) {
      timer.refresh()
      yield piece
    }
  } catch (error) {
    throw new Problem('wire', `${file.name} could not be downloaded: ${messageOf(error)}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** The address when it is one to ask, else null. */
function addressOf(text: string, api: string | null): URL | null {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return null
  if (url.protocol === 'https:' && url.port === '' && cdnHosts.has(url.hostname)) return url
  return api !== null && url.origin === URL.parse(api)?.origin ? url : null
}

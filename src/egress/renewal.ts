import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { BoundedMap } from '../system/bounded-map.ts'
import { programNamed } from '../system/program.ts'
import { fieldsOf, readJson } from './json-file.ts'
import { digestOfToken, tokensIn, type LoginKind } from './login-file.ts'
import { mayTry, readState, stateFor } from './renewal-record.ts'
import { isDue, type RenewalJob, type RenewalResult } from './renewing.ts'

/** How logins are renewed on this machine. */
export interface RenewalRules {
  /** Where tokens are renewed, as the CLIs do it themselves. */
  readonly servers: Readonly<Record<LoginKind, string>>
  /** OAUTH_PROXY_URL: ways to there, tried before the direct one. */
  readonly proxies: readonly string[]
  /** How long the server may take to answer; half a minute when left out, as the CLI gives it. */
  readonly patienceMs?: number
  /** `token-refresh.json`: what is remembered of it, by all who renew. */
  readonly record: string
}

export const usualTokenServers: RenewalRules['servers'] = {
  claude: 'https://platform.claude.com/v1/oauth/token',
  chatgpt: 'https://auth.openai.com/oauth/token',
}

/** For a run that waits, a token is renewed so long before its end, as the CLI does it. */
const aheadMs = 5 * 60_000

const usualPatienceMs = 30_000

export interface RenewalOptions {
  /** Null: nobody has said yet, so nothing is renewed. */
  rules(): RenewalRules | null
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The program that does it; the product's own when left out. */
  readonly program?: string | undefined
}

/**
 * The one door to renewing the logins that lie in the CLIs' own files: for the bot, long before a token's end, and for the
 * process outside the boxes, when a request needs it. One at a time for a file; each in a small process of its own, which
 * goes on when whoever asked for it dies. What cannot be renewed stays as it is; the model says the rest.
 */
export class Renewals {
  readonly #options: RenewalOptions
  readonly #running = new Map<string, Promise<RenewalResult>>()
  /** Access tokens that the model did not take. */
  readonly #refused = new BoundedMap<string, true>(100)

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  /**
   * Resolves when the file's token is good for a while, or nothing can be done about it now. `ahead`: renewed so long before
   * its end, without anybody waiting for it. Never rejects.
   */
  async freshen(kind: LoginKind, path: string, ahead?: number): Promise<RenewalResult> {
    const rules = this.#options.rules()
    if (rules === null) return { result: 'not-due', reason: null }
    const { access, refresh } = tokensIn(kind, readJson(path))
    const refused = access !== null && this.#refused.has(access) ? access : null
    const { servers, proxies, record, patienceMs = usualPatienceMs } = rules
    const job = { kind, path, aheadMs: ahead ?? aheadMs, refused, wanted: ahead === undefined }
    if (refresh === null || !isDue(job, Date.now())) return { result: 'not-due', reason: null }
    const state = stateFor(readState(record, path), digestOfToken(refresh))
    if (!mayTry(state, job.wanted, Date.now())) return { result: 'not-now', reason: state.reason }
    let running = this.#running.get(path)
    if (running === undefined) {
      running = this.#start({ ...job, server: servers[kind], proxies, record, patienceMs }).finally(() =>
        this.#running.delete(path),
      )
      this.#running.set(path, running)
    }
    return running
  }

  /** The model did not take this token, whatever its end. */
  refused(token: string): void {
    this.#refused.set(token, true)
  }

  async #start(job: RenewalJob): Promise<RenewalResult> {
    const { program = ownProgram, environment } = this.#options
    try {
      const child = spawn(process.execPath, ['--disable-sigusr1', program], {
        cwd: '/',
        env: certificatesIn(environment),
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      child.unref()
      const ended = new Promise<never>((_, reject) => child.once('error', reject))
      ended.catch(() => {})
      child.stdin.on('error', () => {}).end(JSON.stringify(job))
      // Nobody is kept from ending by it: it goes on alone.
      ;(child.stdout as Socket).unref()
      return resultIn(await Promise.race([text(child.stdout), ended]))
    } catch (error) {
      return { result: 'failed', reason: error instanceof Error ? error.message : 'it did not start' }
    }
  }
}

const ownProgram = programNamed('egress/renew')

/** What of the machine's own certificates a process needs to be told of. */
export function certificatesIn(environment: RenewalOptions['environment']): Record<string, string> {
  return Object.fromEntries(
    ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'].flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function resultIn(said: string): RenewalResult {
  const fields = fieldsOf(said === '' ? null : JSON.parse(said))
  if (typeof fields['result'] !== 'string') return { result: 'failed', reason: 'the program that renews it died' }
  return fields as unknown as RenewalResult
}

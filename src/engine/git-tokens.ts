import type { Egress } from '../core/egress.ts'
import type { Gate } from '../core/gate.ts'
import type { GitToken, Identities } from '../core/identity.ts'
import type { SessionId, WorkerId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import { hasLess } from '../core/policy.ts'
import { reaches } from '../core/right.ts'
import type { Vault } from '../core/vault.ts'

export interface GitTokensTools {
  readonly journal: Pick<Journal, 'openOf'>
  readonly vault: Pick<Vault, 'session'> & { readonly identities: Pick<Identities, 'of'> }
  readonly gate: Pick<Gate, 'speakerNow'>
  readonly log: Log
}

/**
 * Says with which token a session may go to a git server: that of the speaker of the prompt that is at work in it at
 * this moment, when they may still ask for it; else none.
 */
export class GitTokens {
  readonly #tools: GitTokensTools
  #lending: Disposable | null = null

  constructor(tools: GitTokensTools) {
    this.#tools = tools
  }

  /** Call when what an earlier life left at work is led again: before, nobody knows whose turn it is. */
  start(egress: Pick<Egress, 'lend'>): void {
    this.#lending = egress.lend((session, origin) => this.tokenFor(session, origin, null))
  }

  close(): void {
    this.#lending?.[Symbol.dispose]()
  }

  /** `at`: the machine that asks; null: the bot's own. It gets tokens of its own sessions alone. */
  async tokenFor(id: SessionId, origin: string, at: WorkerId | null): Promise<GitToken | null> {
    const { vault, gate, log } = this.#tools
    const [run, session] = [await this.#atWork(id), await vault.session(id)]
    if (run === null || session?.worker !== at || !reaches(run.prompt.tier, 'member')) return null
    const { speaker } = run.prompt
    if (hasLess(await gate.speakerNow(run.prompt, session), run.prompt.tier)) return null
    const token = (await vault.identities.of(speaker.id))?.tokens[origin] ?? null
    // Somebody else's turn may have begun meanwhile.
    if (token === null || (await this.#atWork(id))?.run !== run.run) return null
    log.info({ session: id, run: run.run, person: speaker.id, origin, machine: at }, 'git.token-lent')
    return token
  }

  async #atWork(session: SessionId): Promise<OpenRun | null> {
    const open = await this.#tools.journal.openOf(session)
    return open.find(({ state }) => isLive(state) && state !== 'stopping') ?? null
  }
}

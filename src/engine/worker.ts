import type { AttachedFile, Attachment, Attachments } from '../core/attachment.ts'
import { noUsage, type RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { RunId, RuntimeName, SessionId } from '../core/ids.ts'
import type { OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Verdict } from '../core/policy.ts'
import { reaches } from '../core/right.ts'
import type { Conduct, Runtime, Turn } from '../core/runtime.ts'
import { spokenText } from '../core/spoken.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import type { EventBus } from './bus.ts'
import { attemptLimit, Conductor, type ConductorTools } from './conductor.ts'
import type { Gate } from '../core/gate.ts'
import { handOverFor } from './hand-over.ts'
import { retry } from '../system/back-off.ts'
import { Mutex } from '../system/mutex.ts'

export interface WorkerTools extends ConductorTools {
  readonly bus: EventBus
  readonly vault: Vault
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly attachments: Attachments
  readonly gate: Gate
}

/** What people write about a run at work, for whoever conducts it to read. */
const intents: ReadonlySet<RunEvent['type']> = new Set(['stopped', 'answered', 'steered'])

/** Begins what is admitted, takes over what an earlier life left at work, and has each led by a conductor. */
export class Worker {
  readonly #tools: WorkerTools
  readonly #conductors = new Map<RunId, Conductor>()
  /** In which runs are begun. */
  readonly #order = new Mutex()
  readonly #listening: Disposable

  constructor(tools: WorkerTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ run, event }) => {
      if (event.type === 'admitted') this.#beginInOrder(run)
      else if (intents.has(event.type)) this.#conductors.get(run)?.look()
    })
  }

  /**
   * After a death at whatever moment: ends agents that belong to no session any more, and takes over every run that was
   * at work. A run whose process is gone waits again, or says that it was lost. Waiting runs need nothing.
   */
  async recover(): Promise<void> {
    const { journal, vault, runtimes, log } = this.#tools
    const live = (await journal.open()).filter((open) => isLive(open.state))
    const keep = new Set([...(await vault.liveSessions()).map(({ id }) => id), ...live.map(({ session }) => session)])
    const ended = await Promise.all([...runtimes.values()].map((runtime) => runtime.sweep(keep)))
    await Promise.all(live.map((open) => this.#takeOver(open)))
    const swept = ended.reduce((sum, count) => sum + count, 0)
    if (swept > 0 || live.length > 0) log.info({ runs: live.length, processesEnded: swept }, 'recovery.done')
  }

  /** Resolves when none of these runs is conducted any more. */
  async ended(runs: readonly RunId[]): Promise<void> {
    await this.#order.idle()
    await Promise.all(runs.flatMap((run) => this.#conductors.get(run)?.done ?? []))
  }

  /** Stops listening to the runs; the agents work on. Resolves when every conductor has let go. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    await this.#order.idle()
    await Promise.all([...this.#conductors.values()].map((conductor) => conductor.done))
  }

  async #takeOver(open: OpenRun): Promise<void> {
    const turn = await this.#turnOf(open)
    if (turn === null) return
    const runtime = this.#tools.runtimes.get(turn.session.runtime)
    const cursor = open.state === 'starting' ? null : open.cursor
    const standing = await this.#standingOf(turn)
    if (open.state === 'starting' && hasLess(standing, turn)) {
      // Nobody knows whether its process has the prompt: it ends with it. Looking would hand it over.
      await runtime?.release(turn.session.id)
      return this.#write(open.run, rightsChanged(standing, turn))
    }
    // Rights that were taken away while nobody was there to stop it.
    if (!standing.allowed) await this.#write(open.run, { type: 'stopped', by: null })
    const conduct = (await runtime?.adopt(turn, cursor)) ?? null
    if (conduct !== null) return this.#lead(turn, conduct)
    if (open.state === 'starting' && runtime !== undefined) return this.#lead(turn, runtime.begin(turn))
    const now = (await this.#read(open.run)) ?? open
    await this.#write(open.run, lossOf(now, runtime === undefined))
  }

  #beginInOrder(run: RunId): void {
    const { log, signal } = this.#tools
    this.#order
      .run(() => this.#begin(run))
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ run, error: messageOf(error) }, 'run.begin-failed')
      })
  }

  async #begin(run: RunId): Promise<void> {
    const open = await this.#read(run)
    if (open === null || !isLive(open.state) || this.#conductors.has(run)) return
    await this.#leads(open.session)
    const turn = await this.#turnOf(open)
    const runtime = turn === null ? undefined : this.#tools.runtimes.get(turn.session.runtime)
    const isBare = turn !== null && turn.files.length < turn.prompt.attachments.length
    if (turn === null || runtime === undefined || isBare) {
      const detail = isBare
        ? 'a file that came with the prompt is no longer there'
        : turn === null
          ? 'its session is gone'
          : `no runtime named ${turn.session.runtime} here`
      const outcome = { kind: 'failed', trouble: { code: 'start-failed', detail }, usage: noUsage } as const
      return this.#write(run, { type: 'finished', outcome })
    }
    // Asked once more here, because between asking and beginning lies the queue, and perhaps a kill -9.
    const standing = await this.#standingOf(turn)
    if (hasLess(standing, turn)) return this.#write(run, rightsChanged(standing, turn))
    // Stopped before anything was started: then nothing is.
    if ((await this.#read(run))?.state === 'stopping') {
      return this.#write(run, { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } })
    }
    if (!this.#tools.signal.aborted) this.#lead(turn, runtime.begin(turn))
  }

  #lead(turn: Turn, conduct: Conduct): void {
    const conductor = new Conductor(turn, conduct, this.#tools)
    this.#conductors.set(turn.run, conductor)
    const leaving = conductor.done.then(() => this.#conductors.delete(turn.run))
    background(leaving, this.#tools.log, 'run.conductor')
  }

  /** Resolves when the session's run before, which is over in the journal already, has been let go. */
  async #leads(session: SessionId): Promise<void> {
    const before = [...this.#conductors.values()].filter(({ turn }) => turn.session.id === session)
    await Promise.all(before.map((conductor) => conductor.done))
  }

  async #turnOf(open: OpenRun): Promise<Turn | null> {
    const { vault, journal, attachments, log } = this.#tools
    const session = await retry(this.#tools, 'session', () => vault.session(open.session))
    if (session !== null) {
      const prompt = { ...open.prompt, text: spokenText(open.prompt) }
      const files = await locateAll(open.prompt.attachments, attachments)
      const handOver = await retry(this.#tools, 'hand-over', () => handOverFor(journal, session))
      return { run: open.run, attempt: open.attempt, prompt, session, files, handOver }
    }
    log.error({ run: open.run, session: open.session }, 'run.session-missing')
    return null
  }

  #standingOf({ prompt, session }: Turn): Promise<Verdict> {
    return retry(this.#tools, 'grants', () => this.#tools.gate.speakerOf(prompt, session))
  }

  #read(run: RunId): Promise<OpenRun | null> {
    return retry(this.#tools, 'run', () => this.#tools.journal.run(run))
  }

  async #write(run: RunId, event: RunEvent): Promise<void> {
    const { journal, clock } = this.#tools
    await retry(this.#tools, 'append', () => journal.append(run, [event], clock.now()))
  }
}

/** Whether the speaker is less now than when they asked: the run would do more than they may. */
function hasLess(standing: Verdict, { prompt }: Turn): boolean {
  return !standing.allowed || !reaches(standing.tier, prompt.tier)
}

function rightsChanged(standing: Verdict, { prompt }: Turn): RunEvent {
  const trouble = { code: 'rights-changed', was: prompt.tier, now: standing.tier } as const
  return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
}

/** What becomes of a live run when nothing is left of its process. */
function lossOf(open: OpenRun, runtimeGone: boolean): RunEvent {
  if (open.state === 'stopping') return { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } }
  if (open.attempt >= attemptLimit || runtimeGone) {
    const trouble = { code: 'lost-too-often', times: open.attempt } as const
    return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
  }
  return { type: 'lost', detail: 'its process was gone when the bot came back' }
}

/** Where the files of a prompt lie; fewer than there should be when one is gone. */
async function locateAll(kept: readonly Attachment[], attachments: Attachments): Promise<readonly AttachedFile[]> {
  const found = await Promise.all(kept.map((attachment) => attachments.locate(attachment)))
  return found.filter((file) => file !== null)
}

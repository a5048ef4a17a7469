import type { AttachedFile, Attachment, Attachments } from '../core/attachment.ts'
import { pause } from '../core/clock.ts'
import { noUsage, type RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { RunId, RuntimeName, SessionId, WorkerId } from '../core/ids.ts'
import type { OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import { hasLess, type Verdict } from '../core/policy.ts'
import type { Timings } from '../core/timings.ts'
import type { Conduct, Runtime, Turn } from '../core/runtime.ts'
import { filesOf } from '../core/prompt.ts'
import { spokenText } from '../core/spoken.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { background } from '../system/background.ts'
import type { EventBus } from './bus.ts'
import { Conductor, type ConductorTools } from './conductor.ts'
import type { Gate } from '../core/gate.ts'
import { handOverFor } from './hand-over.ts'
import { backOffMs, retry, type BackOff } from '../system/back-off.ts'
import { attemptLimit, lossesBefore } from './second-tries.ts'
import { stopRun } from './stopping.ts'
import { Mutex } from '../system/mutex.ts'
import { beyondRoots } from './within-roots.ts'

export interface WorkerTools extends ConductorTools {
  readonly bus: EventBus
  readonly vault: Vault
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly attachments: Attachments
  readonly workspaces: Pick<Workspaces, 'resolve'>
  /** Whose sessions it leads: a machine's; null: those of the bot's own. */
  readonly as: WorkerId | null
  readonly gate: Pick<Gate, 'speakerOf' | 'speakerNow'>
  readonly timings: Timings
}

/** Between two tries to read who somebody is by now. */
const unreadBackOff: BackOff = { firstMs: 500, longestMs: 15_000 }

/** What others write about a run at work, for whoever conducts it to read. */
const intents: ReadonlySet<RunEvent['type']> = new Set([
  'stopped',
  'answered',
  'told',
  'steered',
  'wanted',
  'withdrawn',
])

/** Begins what is admitted, takes over what an earlier life left at work, and has each led by a conductor. */
export class Worker {
  readonly #tools: WorkerTools
  readonly #conductors = new Map<RunId, Conductor>()
  /** In which runs are begun. */
  readonly #order = new Mutex()
  readonly #listening: Disposable
  #timer: Disposable | null = null

  constructor(tools: WorkerTools) {
    this.#tools = tools
    this.#lookAround()
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
    const { journal, vault, runtimes, log, as } = this.#tools
    const live = (await journal.open()).filter((open) => isLive(open.state) && open.worker === as)
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
    this.#timer?.[Symbol.dispose]()
    await this.#order.idle()
    await Promise.all([...this.#conductors.values()].map((conductor) => conductor.done))
  }

  async #takeOver(open: OpenRun): Promise<void> {
    const turn = await this.#turnOf(open)
    if (turn === null) return
    const runtime = this.#tools.runtimes.get(turn.session.runtime)
    // Whoever was at work stays so until Discord says more: it may be away, and this is not waited for.
    if (open.state === 'starting') return background(this.#goOn(open, turn), this.#tools.log, 'run.take-over')
    // A machine asks the bot, which may be away as well.
    const standing = this.#tools.as === null ? await this.#standingOf(turn) : null
    // Rights that were taken away while nobody was there to stop it.
    if (standing !== null && hasLess(standing, turn.prompt.tier))
      await this.#write(open.run, { type: 'stopped', by: null })
    else
      background(
        this.#stopUnlessMay(turn, () => this.#standingNow(turn)),
        this.#tools.log,
        'run.standing',
      )
    const conduct = (await runtime?.adopt(turn, open.cursor)) ?? null
    if (conduct !== null && runtime !== undefined) return this.#lead(turn, conduct, runtime)
    const now = (await this.#read(open.run)) ?? open
    await this.#write(open.run, lossOf(now, runtime === undefined))
  }

  /** Takes over a run of which nobody knows whether its process has the prompt. */
  async #goOn(open: OpenRun, turn: Turn): Promise<void> {
    const runtime = this.#tools.runtimes.get(turn.session.runtime)
    const standing = await this.#standingNow(turn)
    // The process lets go meanwhile: the next life looks again.
    if (this.#tools.signal.aborted) return
    if (hasLess(standing, turn.prompt.tier)) {
      // It ends with it: looking would hand it over.
      await runtime?.release(turn.session.id)
      return this.#write(open.run, rightsChanged(standing, turn))
    }
    const beyond = await this.#beyondRoots(turn)
    if (beyond !== null) {
      await runtime?.release(turn.session.id)
      return this.#write(open.run, beyond)
    }
    const conduct = (await runtime?.adopt(turn, null)) ?? null
    if (conduct !== null && runtime !== undefined) return this.#lead(turn, conduct, runtime)
    if (runtime !== undefined) return this.#lead(turn, runtime.begin(await this.#signed(turn)), runtime)
    await this.#write(open.run, lossOf((await this.#read(open.run)) ?? open, true))
  }

  #beginInOrder(run: RunId): void {
    const { log, signal } = this.#tools
    const beginning = this.#beginNow(run).catch((error: unknown) => {
      if (signal.aborted) return
      log.error({ run, error: messageOf(error) }, 'run.begin-failed')
      // Nobody leads it, so nobody else would ever end it.
      return this.#write(run, notStarted(messageOf(error)))
    })
    background(beginning, log, 'run.begin')
  }

  async #beginNow(run: RunId): Promise<void> {
    const open = await this.#read(run)
    if (open === null || open.worker !== this.#tools.as || !isLive(open.state)) return
    const looked = await this.#lookBefore(open)
    await this.#order.run(() => this.#begin(open, looked))
  }

  /** The speaker of a run that has waited, as they are now. Not in the order: nobody waits for another's to be read. */
  async #lookBefore(open: OpenRun): Promise<Verdict | null> {
    const { clock, timings } = this.#tools
    if (clock.now() - open.prompt.askedAt < timings.standingForMs) return null
    const turn = await this.#turnOf(open)
    return turn === null ? null : this.#standingNow(turn)
  }

  async #begin(open: OpenRun, looked: Verdict | null): Promise<void> {
    const { run } = open
    if (this.#conductors.has(run)) return
    await this.#leads(open.session)
    const turn = await this.#turnOf(open)
    const runtime = turn === null ? undefined : this.#tools.runtimes.get(turn.session.runtime)
    const isBare = turn !== null && !turn.goesOn && turn.files.length < filesOf(turn.prompt).length
    if (turn === null || runtime === undefined || isBare) {
      const detail = isBare
        ? 'a file that came with the prompt is no longer there'
        : turn === null
          ? 'its session is gone'
          : `no runtime named ${turn.session.runtime} here`
      return this.#write(run, notStarted(detail))
    }
    // Asked once more here, because between asking and beginning lies the queue, and perhaps a kill -9.
    const standing = looked ?? (await this.#standingOf(turn))
    if (hasLess(standing, turn.prompt.tier)) return this.#write(run, rightsChanged(standing, turn))
    const beyond = await this.#beyondRoots(turn)
    if (beyond !== null) return this.#write(run, beyond)
    const signed = await this.#signed(turn)
    // Stopped before anything was started: then nothing is.
    const state = (await this.#read(run))?.state
    if (state === 'stopping') {
      return this.#write(run, { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } })
    }
    if (state === 'starting' && !this.#tools.signal.aborted) this.#lead(turn, runtime.begin(signed), runtime)
  }

  /** A turn that is to begin, with whose commits it makes. */
  async #signed(turn: Turn): Promise<Turn> {
    return { ...turn, signature: await retry(this.#tools, 'identity', () => this.#tools.signature(turn.prompt, [])) }
  }

  #lead(turn: Turn, conduct: Conduct, runtime: Runtime): void {
    const conductor = new Conductor(turn, conduct, runtime, this.#tools)
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
      const files = await locateAll(filesOf(open.prompt), attachments)
      const handOver = await retry(this.#tools, 'hand-over', () => handOverFor(journal, session))
      const { run, attempt, parks } = open
      // A conversation that is gone since holds nothing to go on with.
      const goesOn = open.goesOn && session.conversation !== null
      const watched = (await retry(this.#tools, 'budgets', () => vault.budgets.all())).length > 0
      return { run, attempt, parks, goesOn, prompt, session, files, handOver, watched, signature: null }
    }
    log.error({ run: open.run, session: open.session }, 'run.session-missing')
    return null
  }

  /** The end of a run whose session has a folder that is nobody's here; null: it may begin. */
  async #beyondRoots({ run, session }: Turn): Promise<RunEvent | null> {
    const folder = await beyondRoots(this.#tools.workspaces, [session])
    if (folder === null) return null
    this.#tools.log.error({ run, session: session.id, folder }, 'run.beyond-roots')
    return { type: 'finished', outcome: { kind: 'failed', trouble: { code: 'beyond-roots', folder }, usage: noUsage } }
  }

  #standingOf({ prompt, session }: Turn): Promise<Verdict> {
    return retry(this.#tools, 'grants', () => this.#tools.gate.speakerOf(prompt, session))
  }

  /** The same as Discord has it now. What cannot be read is waited for. */
  async #standingNow({ run, prompt, session }: Turn): Promise<Verdict> {
    const { gate, clock, log, signal } = this.#tools
    for (let failures = 1; ; failures++) {
      try {
        return await gate.speakerNow(prompt, session)
      } catch (error) {
        if (signal.aborted) throw error
        log.warn({ run, person: prompt.speaker.id, error: messageOf(error) }, 'person.unread')
        await pause(clock, backOffMs(unreadBackOff, failures), signal)
      }
    }
  }

  /** Stops a run at work whose speaker is less by now than they were. */
  async #stopUnlessMay({ run, prompt }: Turn, look: () => Promise<Verdict>): Promise<void> {
    if (!hasLess(await look(), prompt.tier)) return
    const { log } = this.#tools
    log.info({ run, person: prompt.speaker.id }, 'run.rights-taken')
    await stopRun(run, null, this.#tools)
  }

  /** Looks at everybody whose run is at work, again and again. Whom nobody can tell of now is looked at next time. */
  #lookAround(): void {
    const { clock, timings, gate, log, signal } = this.#tools
    this.#timer = clock.after(timings.standingEveryMs, () => {
      if (signal.aborted) return
      for (const { turn } of this.#conductors.values()) {
        const looking = this.#stopUnlessMay(turn, () => gate.speakerNow(turn.prompt, turn.session))
        looking.catch((error: unknown) => {
          if (!signal.aborted) log.warn({ run: turn.run, error: messageOf(error) }, 'person.unread')
        })
      }
      this.#lookAround()
    })
  }

  #read(run: RunId): Promise<OpenRun | null> {
    return retry(this.#tools, 'run', () => this.#tools.journal.run(run))
  }

  async #write(run: RunId, event: RunEvent): Promise<void> {
    const { journal, clock } = this.#tools
    await retry(this.#tools, 'append', () => journal.append(run, [event], clock.now()))
  }
}

function notStarted(detail: string): RunEvent {
  const trouble = { code: 'start-failed', detail } as const
  return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
}

function rightsChanged(standing: Verdict, { prompt }: Turn): RunEvent {
  const trouble = { code: 'rights-changed', was: prompt.tier, now: standing.tier } as const
  return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
}

/** What becomes of a live run when nothing is left of its process. */
function lossOf(open: OpenRun, runtimeGone: boolean): RunEvent {
  if (open.state === 'stopping') return { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } }
  // It was to be parked: that its process is gone makes no difference.
  if (open.hold !== null) return { type: 'parked', hold: open.hold, usage: noUsage }
  const times = lossesBefore(open) + 1
  if (times >= attemptLimit || runtimeGone) {
    const trouble = { code: 'lost-too-often', times } as const
    return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
  }
  return { type: 'lost', detail: 'its process was gone when the bot came back' }
}

/** Where the files of a prompt lie; fewer than there should be when one is gone. */
async function locateAll(kept: readonly Attachment[], attachments: Attachments): Promise<readonly AttachedFile[]> {
  const found = await Promise.all(kept.map((attachment) => attachments.locate(attachment)))
  return found.filter((file) => file !== null)
}

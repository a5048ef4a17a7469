import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Approval, Decision } from '../../src/core/approval.ts'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import { noUsage } from '../../src/core/event.ts'
import type { RunId } from '../../src/core/ids.ts'
import { EventBus } from '../../src/engine/bus.ts'
import { HostQuestions } from '../../src/engine/host-questions.ts'
import { subjectOf } from '../../src/engine/token.ts'
import type { EgressProxy } from '../../src/egress/egress.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { hostClock } from '../../src/system/host.ts'
import { caller, Stage, tunnelTo, until } from '../egress/stage.ts'
import { events, person, prompt, quietLog, runId, session } from '../stores/cast.ts'

const here = session('one')
const run = runId('r1')

/** One life of what turns closed hosts into questions, on the stage's folder. */
class Life {
  readonly store: Store
  readonly egress: EgressProxy
  readonly #over: AbortController
  readonly #parts: { readonly bus: EventBus; readonly hosts: HostQuestions }

  private constructor(store: Store, egress: EgressProxy, over: AbortController, parts: Life['parts']) {
    this.store = store
    this.egress = egress
    this.#over = over
    this.#parts = parts
  }

  get parts(): { readonly bus: EventBus; readonly hosts: HostQuestions } {
    return this.#parts
  }

  static async begin(stage: Stage): Promise<Life> {
    const store = await openStore({ folder: stage.dataFolder, clock: hostClock, log: quietLog })
    const over = new AbortController()
    const { signal } = over
    const bus = new EventBus({ ...store, clock: hostClock, log: quietLog, signal })
    const egress = stage.unstarted()
    const hosts = new HostQuestions({ ...store, egress, bus, clock: hostClock, log: quietLog, signal })
    await bus.open()
    await egress.start(new Set([here.id]))
    hosts.start()
    return new Life(store, egress, over, { bus, hosts })
  }

  /** A run at work in the session, with its box's way out. */
  async runs(...more: readonly RunEvent[]): Promise<string> {
    await this.store.vault.addSession(here)
    await this.store.journal.ask(run, prompt('501', here), 1, () => null)
    await this.store.journal.claim((board) => board.waiting.map((each) => each.run), 1)
    await this.write(...more)
    return this.egress.open(here.id, caller({ runtime: here.runtime, speaker: person('ann').id }))
  }

  async write(...said: readonly RunEvent[]): Promise<void> {
    if (said.length > 0) await this.store.journal.append(run, said, hostClock.now())
  }

  /** What is asked, when so many questions have been. */
  async asked(times = 1): Promise<readonly Approval[]> {
    const wanted = async (): Promise<readonly Approval[]> =>
      (await this.entries()).flatMap(({ event }) => (event.type === 'wanted' ? [event.approval] : []))
    await until(async () => (await wanted()).length >= times, 'asked')
    return wanted()
  }

  /** The first thing that is asked. */
  async first(): Promise<Approval> {
    const [first] = await this.asked()
    if (first === undefined) throw new Error('nothing is asked')
    return first
  }

  entries(of: RunId = run): Promise<readonly Entry[]> {
    return this.store.journal.read(of)
  }

  answers(approval: Approval, decision: Decision): Promise<void> {
    return this.write({ type: 'answered', approval: approval.id, decision, by: 'olivia' })
  }

  /** As a death leaves it: nothing is said to anybody. */
  async dies(): Promise<void> {
    this.#over.abort()
    this.#parts.hosts.close()
    await this.#parts.bus.close()
    await this.egress.stop('leave')
    await this.store[Symbol.asyncDispose]()
  }
}

const approve: Decision = { verdict: 'approve' }
const deny: Decision = { verdict: 'deny', reason: 'no' }
const status = async (tunnel: Promise<{ readonly head: string }>): Promise<string> => (await tunnel).head.slice(9, 12)

describe('a closed host that a run wants', () => {
  it('is an approval of the run; what is approved lets it through, and no other turn', async () => {
    await using stage = new Stage()
    const port = await stage.echo()
    const life = await Life.begin(stage)
    const folder = await life.runs(events.started)
    const waiting = tunnelTo(folder, `new.example:${port}`)
    const approval = await life.first()
    deepEqual(approval.subject, { kind: 'host', host: 'new.example', port })
    deepEqual(approval.risks, ['network'])
    equal((await life.store.journal.run(run))?.state, 'asking')
    await life.answers(approval, approve)
    equal(await status(waiting), '200')
    equal((await life.entries()).filter(({ event }) => event.type === 'wanted').length, 1)
    await life.dies()
  })

  it('that is denied is refused with a sentence', async () => {
    await using stage = new Stage()
    const life = await Life.begin(stage)
    const folder = await life.runs(events.started)
    const waiting = tunnelTo(folder, 'new.example:443')
    const approval = await life.first()
    await life.answers(approval, deny)
    match((await waiting).head, /^HTTP\/1.1 403 .*new\.example:443 is not open to this session/s)
    await life.dies()
  })

  it('that is approved for the session is open in its later turns, without a question', async () => {
    await using stage = new Stage()
    const port = await stage.echo()
    const life = await Life.begin(stage)
    const folder = await life.runs(events.started)
    const waiting = tunnelTo(folder, `new.example:${port}`)
    const approval = await life.first()
    const ann = person('ann')
    const subject = subjectOf(approval, here.workdir)
    const grantedBy = { id: ann.id, name: ann.name }
    await life.store.vault.approvals.consent({
      session: here.id,
      person: ann.id,
      subject,
      runs: { known: true, files: {} },
      grantedBy,
      token: 't',
      at: 1,
    })
    await life.answers(approval, approve)
    equal(await status(waiting), '200')
    await life.egress.open(here.id, caller({ runtime: here.runtime, speaker: ann.id }))
    equal(await status(tunnelTo(folder, `new.example:${port}`)), '200')
    equal((await life.asked()).length, 1)
    await life.dies()
  })

  it('is asked once over a kill of the bot; an answer that the first life did not hand on is handed on by the next', async () => {
    await using stage = new Stage()
    const port = await stage.echo()
    const first = await Life.begin(stage)
    const folder = await first.runs(events.started)
    const waiting = tunnelTo(folder, `new.example:${port}`)
    const approval = await first.first()
    await first.dies()

    const second = await Life.begin(stage)
    const other = tunnelTo(folder, `new.example:${port}`)
    await second.parts.bus.idle()
    equal((await second.asked()).length, 1)
    second.parts.hosts.close()
    await second.answers(approval, approve)
    await second.dies()

    const third = await Life.begin(stage)
    deepEqual([await status(waiting), await status(other)], ['200', '200'])
    equal((await third.asked()).length, 1)
    await third.dies()
  })

  it('waits for the run’s first word, and ends with the run', async () => {
    await using stage = new Stage()
    const life = await Life.begin(stage)
    const folder = await life.runs()
    const waiting = tunnelTo(folder, 'new.example:443')
    await life.write(events.started)
    await life.asked()
    await life.write({ type: 'finished', outcome: { kind: 'done', usage: noUsage } })
    equal(await status(waiting), '403')
    await life.dies()
  })

  it('is refused when it is nobody’s turn, and withdrawn when the process outside dies', async () => {
    await using stage = new Stage()
    const life = await Life.begin(stage)
    const early = await life.egress.open(here.id, caller())
    equal(await status(tunnelTo(early, 'new.example:443')), '403')
    const folder = await life.runs(events.started)
    const waiting = tunnelTo(folder, 'new.example:443').catch(() => null)
    await life.asked()
    process.kill(stage.pid(), 'SIGKILL')
    await until(async () => (await life.entries()).some(({ event }) => event.type === 'withdrawn'), 'withdrawn')
    await Promise.race([waiting, stage.told('egress.up', 2)])
    await life.dies()
  })
})

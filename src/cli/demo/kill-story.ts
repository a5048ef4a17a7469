import type { Message, Sandbox, Standing } from 'loopback-discord'
import { findMarked } from '../../runtimes/engine/marker.ts'

/** How often it is looked whether the bot is back. */
const lookMs = 50
/** For as long after its return the line stands. */
const standsMs = 60_000
/** Whoever wrote a moment ago need not have their answer begun yet. */
const graceMs = 5_000

interface Death {
  readonly at: number
  readonly pid: number
  /** Processes of agents that were alive at that moment. */
  readonly agents: readonly number[]
  /** The bot's newest message at that moment. */
  readonly newest: Message | null
  backAt: number | null
}

/** What one sees of a death of the demo's bot: who works on, when it was back, what stands in Discord afterwards. */
export class KillStory {
  readonly #sandbox: Sandbox
  readonly #dataId: string
  #death: Death | null = null
  #timer: NodeJS.Timeout | null = null

  /** `dataId`: the mark of the bot's agents. */
  constructor(sandbox: Sandbox, dataId: string) {
    this.#sandbox = sandbox
    this.#dataId = dataId
  }

  /** Call right after the kill, with the pid of the bot that was. */
  async killed(pid: number): Promise<void> {
    const at = performance.now()
    const newest = this.#ofBot().at(-1) ?? null
    const agents = (await findMarked(this.#dataId)).map((marked) => marked.pid)
    this.#death = { at, pid, agents, newest, backAt: null }
    clearInterval(this.#timer ?? undefined)
    let isGone = false
    this.#timer = setInterval(() => {
      const isOnline = this.#sandbox.isOnline(this.#sandbox.bot.id)
      isGone ||= !isOnline
      if (!isGone || !isOnline || this.#death === null) return
      this.#death.backAt = performance.now()
      clearInterval(this.#timer ?? undefined)
    }, lookMs).unref()
  }

  close(): void {
    clearInterval(this.#timer ?? undefined)
  }

  line(): Standing['line'] {
    const death = this.#death
    if (death === null || (death.backAt !== null && performance.now() - death.backAt > standsMs)) return null
    const { at, pid, agents, backAt } = death
    if (backAt === null) return { text: gone(pid, agents, performance.now() - at), tone: 'bad' }
    const { lost, twice } = this.#count(backAt)
    const same = this.#goesOnInSame(death)
    return {
      text: back({ pid, agents, ms: backAt - at, same, lost, twice }),
      tone: lost + twice === 0 ? 'good' : 'bad',
    }
  }

  /** The message that grew when the bot died has grown on. */
  #goesOnInSame({ newest, agents }: Death): boolean {
    if (newest === null || agents.length === 0) return false
    const now = this.#sandbox.world.messages.get(newest.channelId)?.get(newest.id)
    return now?.editedAt != null && now.onlyFor === null
  }

  /**
   * What was written before it was back and has no answer begun, by people whom it answers; and answers that stand there
   * more than once.
   */
  #count(backAt: number): { readonly lost: number; readonly twice: number } {
    const replies = this.#ofBot().filter(({ reference }) => reference !== null)
    const answered = new Set(replies.map(({ reference }) => reference?.messageId))
    const heard = new Set(replies.map(({ channelId, mentions }) => `${channelId} ${mentions.join()}`))
    const until = Math.min(Date.now() - graceMs, Date.now() - (performance.now() - backAt))
    const asked = this.#all().filter(
      ({ authorId, channelId, type, sentAt }) =>
        heard.has(`${channelId} ${authorId}`) && (type === 0 || type === 19) && sentAt < until,
    )
    const shown = replies.map(({ channelId, reference, content }) => `${channelId} ${reference?.messageId} ${content}`)
    return { lost: asked.filter(({ id }) => !answered.has(id)).length, twice: shown.length - new Set(shown).size }
  }

  #ofBot(): readonly Message[] {
    return this.#all().filter(({ authorId, onlyFor }) => authorId === this.#sandbox.bot.id && onlyFor === null)
  }

  #all(): readonly Message[] {
    const all = [...this.#sandbox.world.messages.values()].flatMap((history) => [...history.values()])
    return all.toSorted((a, b) => a.sentAt - b.sentAt)
  }
}

interface Return {
  readonly pid: number
  readonly agents: readonly number[]
  readonly ms: number
  /** The answer goes on in the message in which it stood. */
  readonly same: boolean
  readonly lost: number
  readonly twice: number
}

function gone(pid: number, agents: readonly number[], ms: number): { readonly en: string; readonly ko: string } {
  const pids = agents.join(', ')
  const [en, ko] =
    pids === ''
      ? ['no agent was at work', '일하던 에이전트 없음']
      : [`agent pid ${pids} works on`, `에이전트 pid ${pids}는 계속 작업 중`]
  return {
    en: `bot killed (pid ${pid}) · ${en} · gone for ${seconds(ms)} s`,
    ko: `봇 종료 (pid ${pid}) · ${ko} · ${seconds(ms)}초째 없음`,
  }
}

function back({ pid, agents, ms, same, lost, twice }: Return): { readonly en: string; readonly ko: string } {
  const pids = agents.join(', ')
  const [en, ko] =
    pids === ''
      ? ['no agent was at work', '일하던 에이전트 없음']
      : [`agent pid ${pids} worked on`, `에이전트 pid ${pids}는 계속 작업함`]
  return {
    en: [
      `bot killed (pid ${pid}) · ${en} · back after ${seconds(ms)} s`,
      ...(same ? ['same message'] : []),
      `${lost} lost, ${twice} twice`,
    ].join(' · '),
    ko: [
      `봇 종료 (pid ${pid}) · ${ko} · ${seconds(ms)}초 만에 돌아옴`,
      ...(same ? ['같은 메시지'] : []),
      `사라진 것 ${lost}, 두 번 온 것 ${twice}`,
    ].join(' · '),
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

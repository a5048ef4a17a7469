import { setTimeout as sleep } from 'node:timers/promises'
import type { REST } from '@discordjs/rest'
import {
  DefaultWebSocketManagerOptions,
  WebSocketShard,
  WebSocketShardDestroyRecovery,
  WebSocketShardEvents,
  WebSocketShardStatus,
  type IContextFetchingStrategy,
  type SessionInfo,
} from '@discordjs/ws'
import {
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  GatewayOpcodes,
  Routes,
  type APIGatewayBotInfo,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
} from 'discord-api-types/v10'
import type { ChatState } from '../core/chat-state.ts'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import { background } from '../system/background.ts'
import { DialGuard, type DialRules } from './guard.ts'
import { problemOfClose, refusalOf } from './refused.ts'
import { connection, type Absences } from './absences.ts'
import { Resuming } from './resuming.ts'
import { protect, terminate } from './shard.ts'
import type { Skew } from './skew.ts'

export interface GatewayOptions {
  readonly token: string
  readonly rest: REST
  readonly rules: DialRules
  /** OMC_DISCORD_API; null: Discord's own. */
  readonly api: string | null
  readonly skew: Skew
  /** Learns when there is no connection. */
  readonly absences: Absences
  /** Connecting for the first time is given up after this long. */
  readonly startWithinMs: number
  readonly clock: Clock
  readonly log: Log
  /** Every dispatch in the order it was sent, but READY always first. A throw is logged and goes no further. */
  readonly hear: (payload: GatewayDispatchPayload) => void
}

/** Heartbeats come each 41 s: after this long without any word the connection is not there, whatever it says. */
const silentMs = 120_000

const closeWithinMs = 1000

/** What comes before anybody listens is held; of messages only so many, since the gap is read anyway. */
const mostUnheard = 2_000
const readAgain: ReadonlySet<string> = new Set([
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
  GatewayDispatchEvents.TypingStart,
])

/** Discord wants no other try like this one; @discordjs/ws makes none. */
const forGood: ReadonlySet<number> = new Set([
  GatewayCloseCodes.AuthenticationFailed,
  GatewayCloseCodes.DisallowedIntents,
  GatewayCloseCodes.InvalidShard,
  GatewayCloseCodes.ShardingRequired,
  GatewayCloseCodes.InvalidAPIVersion,
  GatewayCloseCodes.InvalidIntents,
])

const intents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageTyping |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.DirectMessageTyping |
  GatewayIntentBits.MessageContent

/**
 * The connection to Discord's gateway: one shard of @discordjs/ws, which heartbeats, resumes and identifies by itself.
 * Nothing is cached, nothing is re-ordered before it is ready, and a dispatch that cannot be read cannot end the
 * process.
 */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #guard: DialGuard
  readonly #resuming: Resuming
  #shard: WebSocketShard | null = null
  #information: APIGatewayBotInfo | null = null
  #session: SessionInfo | null = null
  #state: 'connecting' | 'ready' | 'closed' = 'connecting'
  /** By the clock that nobody sets. */
  #lastEventAt: number | null = null
  #lastTrouble: string | null = null
  #ping: number | null = null
  /** Dispatches that overtook their READY; null when none is awaited. */
  #held: GatewayDispatchPayload[] | null = null
  /** What came before anybody listened; null: somebody does. */
  #unheard: GatewayDispatchPayload[] | null = []
  #dialled = false
  readonly #first = Promise.withResolvers<void>()
  readonly #closing = new AbortController()

  constructor(options: GatewayOptions) {
    this.#options = options
    const { clock, log, rules, absences } = options
    absences.begin(connection)
    this.#guard = new DialGuard({
      rules,
      clock,
      log,
      random: Math.random,
      budget: async () => {
        const { session_start_limit: limit } = this.#information ?? (await this.#ask())
        // Good for one dial: the next one asks anew.
        this.#information = null
        return { remaining: limit.remaining, resetAfterMs: limit.reset_after }
      },
    })
    this.#resuming = new Resuming({ rules, clock, log, startAnew: (reason) => this.#startAnew(reason) })
    // Nobody may be waiting for it.
    this.#first.promise.catch(() => {})
  }

  /** Identifies made so far. */
  get identifies(): number {
    return this.#guard.identifies
  }

  state(): Omit<ChatState, 'serversAway' | 'serversHere'> {
    const { clock } = this.#options
    const age = this.#lastEventAt === null ? null : Math.round(clock.monotonic() - this.#lastEventAt)
    return { state: this.#stateNow(age), lastEventAgeMs: age, ping: this.#ping }
  }

  /** Begins to connect; what is dispatched waits until `open`. Idempotent. */
  dial(): void {
    if (this.#dialled || this.#closing.signal.aborted) return
    this.#dialled = true
    background(this.#connect(), this.#options.log, 'gateway.connect')
  }

  /** Gives what was and is dispatched to whoever hears. Resolves at READY. Rejects when the token or its rights are wrong, or when no READY came in time. */
  async open(): Promise<void> {
    const { clock, startWithinMs } = this.#options
    const late = clock.after(startWithinMs, () => {
      const seconds = Math.round(startWithinMs / 1000)
      const { api } = this.#options
      const where = api === null ? 'the network' : `the network and OMC_DISCORD_API (${api})`
      const last = this.#lastTrouble === null ? '' : ` The last word was: ${this.#lastTrouble}.`
      const text = `Discord did not let the bot in within ${seconds} s.${last} Check ${where}.`
      this.#first.reject(new Problem('wire', text))
    })
    this.dial()
    const unheard = this.#unheard ?? []
    this.#unheard = null
    for (const payload of unheard) this.#hear(payload)
    try {
      await this.#first.promise
    } catch (error) {
      await this.close()
      throw error
    } finally {
      late[Symbol.dispose]()
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#guard.close()
    this.#resuming.down()
    this.#state = 'closed'
    this.#first.reject(new Problem('wire', 'The connection was closed before it was ready.'))
    // A shard waits for ever for the end of a connection that does not answer. A timer that keeps the process alive,
    // unlike the clock's: without it the process could end before `close` does.
    const enough = new AbortController()
    const late = sleep(closeWithinMs, undefined, { signal: enough.signal }).catch(() => {})
    await Promise.race([this.#shard?.destroy(), late])
    enough.abort()
    // One that was still being built up is not closed by `destroy`.
    if (this.#shard !== null) terminate(this.#shard)
  }

  /** Asks where the gateway is until it is told, then dials; from then on the shard reconnects by itself. */
  async #connect(): Promise<void> {
    const { log, clock, rules } = this.#options
    for (
      let pauseMs = rules.firstPauseMs;
      !this.#closing.signal.aborted;
      pauseMs = Math.min(2 * pauseMs, rules.longestPauseMs)
    ) {
      try {
        const information = await this.#ask()
        this.#information = information
        if (this.#closing.signal.aborted) return
        const { refusal } = this.#options.skew
        if (refusal !== null) {
          log.error({ skewMs: this.#options.skew.ms }, 'clock-skew.refuse-start')
          return this.#first.reject(refusal)
        }
        this.#shard = this.#newShard(information)
        // Its promise is about the first connection only, and rejects at each trouble on the way there.
        this.#shard.connect().catch(() => {})
        return
      } catch (error) {
        const refused = refusalOf(error, this.#options.api)
        if (refused !== null) return this.#first.reject(refused)
        this.#lastTrouble = messageOf(error)
        log.warn({ error: this.#lastTrouble, againInMs: pauseMs }, 'discord.login-failed')
        await pause(clock, pauseMs, this.#closing.signal)
      }
    }
  }

  async #ask(): Promise<APIGatewayBotInfo> {
    return (await this.#options.rest.get(Routes.gatewayBot())) as APIGatewayBotInfo
  }

  #newShard(gatewayInformation: APIGatewayBotInfo): WebSocketShard {
    const { token, log } = this.#options
    // What a shard throws while it dials ends the process, so an address is looked at before.
    if (!URL.canParse(gatewayInformation.url)) throw new Problem('wire', 'Discord did not say where its gateway is.')
    const { retrieveSessionInfo: _, updateSessionInfo: _update, ...usual } = DefaultWebSocketManagerOptions
    const strategy: IContextFetchingStrategy = {
      options: { ...usual, intents, token, gatewayInformation, shardCount: 1 },
      retrieveSessionInfo: () => (shard.status === WebSocketShardStatus.Idle ? this.#dial() : this.#session),
      updateSessionInfo: (_id, session) => this.#keep(session, gatewayInformation.url),
      waitForIdentify: (_id, signal) => this.#guard.identify(signal),
    }
    const shard = new WebSocketShard(strategy, 0)
    protect(shard, log, () => this.#resuming.begin())
    shard.on(WebSocketShardEvents.Closed, ({ code }) => (forGood.has(code) ? this.#shutOut(code) : this.#down()))
    shard.on(WebSocketShardEvents.Error, ({ error }) => log.warn({ error: messageOf(error) }, 'discord.socket-error'))
    shard.on(WebSocketShardEvents.Ready, ({ data }) => this.#began(data))
    shard.on(WebSocketShardEvents.Dispatch, ({ data }) => this.#dispatched(data))
    shard.on(WebSocketShardEvents.HeartbeatComplete, ({ latency }) => {
      this.#ping = latency
      this.#lastEventAt = this.#options.clock.monotonic()
    })
    return shard
  }

  #startAnew(reason: string): void {
    const destroyed = this.#shard?.destroy({ reason, recover: WebSocketShardDestroyRecovery.Reconnect })
    if (destroyed !== undefined) background(destroyed, this.#options.log, 'gateway.new-session')
  }

  /** The one thing a shard awaits before it dials: which session it is to resume. */
  async #dial(): Promise<SessionInfo | null> {
    const session = this.#session
    await this.#guard.pass(session !== null)
    return session
  }

  #keep(session: SessionInfo | null, gatewayUrl: string): void {
    if (session !== null && session.sessionId !== this.#session?.sessionId) this.#held ??= []
    const isReachable = session === null || URL.canParse(session.resumeURL)
    this.#session = isReachable ? session : { ...session, resumeURL: gatewayUrl }
  }

  /** A shard does a little more for READY than for others, so that what follows in one packet can overtake it. */
  #dispatched(payload: GatewayDispatchPayload): void {
    this.#lastEventAt = this.#options.clock.monotonic()
    this.#resuming.heard()
    if (payload.t === GatewayDispatchEvents.Ready) return
    if (this.#held !== null) this.#held.push(payload)
    else this.#hear(payload)
    if (payload.t === GatewayDispatchEvents.Resumed) this.#up()
  }

  #began(ready: GatewayReadyDispatchData): void {
    this.#lastEventAt = this.#options.clock.monotonic()
    this.#hear({ op: GatewayOpcodes.Dispatch, s: 0, t: GatewayDispatchEvents.Ready, d: ready })
    const held = this.#held ?? []
    this.#held = null
    for (const payload of held) this.#hear(payload)
    this.#up()
  }

  #up(): void {
    this.#guard.up()
    this.#resuming.up()
    this.#state = 'ready'
    this.#options.absences.end(connection)
    this.#first.resolve()
  }

  #hear(payload: GatewayDispatchPayload): void {
    if (this.#unheard !== null) {
      const isSpare = this.#unheard.length >= mostUnheard && readAgain.has(payload.t)
      if (!isSpare) this.#unheard.push(payload)
      return
    }
    try {
      this.#options.hear(payload)
    } catch (error) {
      this.#options.log.error({ event: payload.t, error: messageOf(error) }, 'discord.malformed')
    }
  }

  #down(): void {
    this.#resuming.down()
    if (this.#state === 'ready') this.#options.log.warn({}, 'discord.disconnected')
    if (this.#state !== 'closed') this.#state = 'connecting'
    this.#options.absences.begin(connection)
  }

  /** Discord closed the connection for good. */
  #shutOut(code: number): void {
    const problem = problemOfClose(code)
    this.#resuming.down()
    this.#state = 'closed'
    this.#options.absences.begin(connection)
    this.#options.log.error({ code, error: problem.message }, 'discord.refused')
    this.#first.reject(problem)
  }

  #stateNow(age: number | null): ChatState['state'] {
    if (this.#state === 'connecting' && this.#guard.isResting) return 'resting'
    if (this.#state === 'ready' && age !== null && age > silentMs) return 'connecting'
    return this.#state
  }
}

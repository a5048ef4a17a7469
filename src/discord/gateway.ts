import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  GatewayOpcodes,
  SimpleIdentifyThrottler,
  SimpleShardingStrategy,
  type REST,
  type SessionInfo,
} from 'discord.js'
import {
  Routes,
  type APIGatewayBotInfo,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
} from 'discord-api-types/v10'
import type { ChatState } from '../core/chat.ts'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import { background } from '../system/background.ts'
import { DialGuard, type DialRules } from './guard.ts'
import { meaningOf } from './lanes.ts'
import { restOptions } from './rest.ts'

export interface GatewayOptions {
  readonly token: string
  readonly api: string | null
  readonly rest: REST
  /** As of `rest`. */
  readonly answerWithinMs: number
  readonly rules: DialRules
  /** Connecting for the first time is given up after this long. */
  readonly startWithinMs: number
  readonly clock: Clock
  readonly log: Log
  /** Every dispatch in the order it was sent, but READY always first. A throw is logged and goes no further. */
  readonly hear: (payload: GatewayDispatchPayload) => void
}

type WsManager = Parameters<NonNullable<NonNullable<ConstructorParameters<typeof Client>[0]['ws']>['buildStrategy']>>[0]

/** The parts of a shard of @discordjs/ws that are guarded; its types keep them private. */
interface GuardedShard {
  readonly status: number
  onMessage(data: unknown, isBinary: boolean): Promise<void>
}

/** `WebSocketShardStatus.Idle`: between two connections. */
const idle = 0
/** Heartbeats come each 41 s: after this long without any word the connection is not there, whatever it says. */
const silentMs = 120_000

const closeWithinMs = 1000

const tokenUnknown: number = GatewayCloseCodes.AuthenticationFailed
const intentsRefused: number = GatewayCloseCodes.DisallowedIntents

const intents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.MessageContent

/**
 * The connection to Discord's gateway. discord.js keeps it alive; of what comes in, the raw dispatches are taken and
 * discord.js's own handling of them is switched off: nothing is cached (memory), nothing is re-ordered before it is
 * ready, and a dispatch that it cannot read cannot end the process.
 */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #guard: DialGuard
  #client: Client | null = null
  /** The connection of the client at work. */
  #manager: WsManager | null = null
  #state: 'connecting' | 'ready' | 'closed' = 'connecting'
  #lastEventAt: number | null = null
  #ping: number | null = null
  #session: string | null = null
  /** Dispatches that overtook their READY; null when none is awaited. */
  #held: GatewayDispatchPayload[] | null = null
  readonly #first = Promise.withResolvers<void>()
  readonly #closing = new AbortController()

  constructor(options: GatewayOptions) {
    this.#options = options
    const { clock, log, rules, rest } = options
    this.#guard = new DialGuard({
      rules,
      clock,
      log,
      random: Math.random,
      budget: async () => {
        const { session_start_limit: limit } = (await rest.get(Routes.gatewayBot())) as APIGatewayBotInfo
        return { remaining: limit.remaining, resetAfterMs: limit.reset_after }
      },
    })
    // Nobody may be waiting for it.
    this.#first.promise.catch(() => {})
  }

  /** Identifies made so far. */
  get identifies(): number {
    return this.#guard.identifies
  }

  state(): ChatState {
    const { clock } = this.#options
    const age = this.#lastEventAt === null ? null : Math.max(0, clock.now() - this.#lastEventAt)
    return { state: this.#stateNow(age), lastEventAgeMs: age, ping: this.#ping }
  }

  /** Resolves at READY. Rejects when the token or its rights are wrong, or when no READY came in time. */
  async open(): Promise<void> {
    const { clock, startWithinMs } = this.#options
    const late = clock.after(startWithinMs, () => {
      const seconds = Math.round(startWithinMs / 1000)
      const advice = 'Check the network and that OMC_DISCORD_API is right; the log says what was tried.'
      this.#first.reject(new Problem('wire', `Discord did not let the bot in within ${seconds} s. ${advice}`))
    })
    background(this.#connect(), this.#options.log, 'gateway.connect')
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
    this.#state = 'closed'
    this.#first.reject(new Problem('wire', 'The connection was closed before it was ready.'))
    // discord.js waits for ever for the end of a connection that it was still building up. A timer that keeps the
    // process alive, unlike the clock's: without it the process could end before `close` does.
    const enough = new AbortController()
    const late = sleep(closeWithinMs, undefined, { signal: enough.signal }).catch(() => {})
    await Promise.race([this.#client?.destroy(), late])
    enough.abort()
  }

  /** Logs in until it works for the first time; from then on discord.js reconnects by itself. */
  async #connect(): Promise<void> {
    const { token, log, clock, rules } = this.#options
    for (
      let pauseMs = rules.firstPauseMs;
      !this.#closing.signal.aborted;
      pauseMs = Math.min(2 * pauseMs, rules.longestPauseMs)
    ) {
      try {
        this.#client = this.#newClient()
        await this.#client.login(token)
        return
      } catch (error) {
        this.#manager = null
        const refused = refusalOf(error)
        if (refused !== null) return this.#first.reject(refused)
        log.warn({ error: messageOf(error), againInMs: pauseMs }, 'discord.login-failed')
        await pause(clock, pauseMs, this.#closing.signal)
      }
    }
  }

  #newClient(): Client {
    const { api, log, answerWithinMs } = this.#options
    const client = new Client({
      intents,
      rest: restOptions({ api, log, answerWithinMs }),
      ws: {
        buildStrategy: (manager) => this.#strategy(manager),
        buildIdentifyThrottler: async (manager) => this.#throttler(manager),
      },
    })
    // Without this, every dispatch would be built into discord.js's own structures (see above).
    Object.assign(client.ws, { handlePacket: () => true })
    client.on('shardDisconnect', ({ code }) => this.#shutOut(code))
    client.on('shardReconnecting', () => this.#down())
    client.on('shardError', (error) => log.warn({ error: messageOf(error) }, 'discord.socket-error'))
    client.on('error', (error) => log.warn({ error: messageOf(error) }, 'discord.client-error'))
    return client
  }

  /** discord.js's own strategy with our guards around its shard, and our ears at its dispatches. */
  #strategy(manager: WsManager): SimpleShardingStrategy {
    this.#manager = manager
    const strategy = new SimpleShardingStrategy(manager)
    // `private` in its types only.
    const { shards } = strategy as unknown as { shards: Map<number, GuardedShard> }
    const spawn = strategy.spawn.bind(strategy)
    strategy.spawn = async (ids) => {
      await spawn(ids)
      for (const shard of shards.values()) this.#protect(shard)
    }
    const own = { ...manager.options }
    Object.assign(manager.options, {
      // The one thing discord.js awaits before it dials.
      retrieveSessionInfo: (id: number) => {
        const info = own.retrieveSessionInfo(id)
        const shard = shards.get(id)
        if (shard !== undefined && shard.status !== idle) return info
        // A client whose login failed has been told to stop, and yet its shard dials once more.
        if (shard === undefined || this.#manager !== manager) return new Promise<never>(() => {})
        return Promise.resolve(info).then(async (session) => {
          await this.#guard.pass(session !== null)
          return session
        })
      },
      updateSessionInfo: (id: number, info: SessionInfo | null) => {
        if (info !== null && info.sessionId !== this.#session) {
          this.#session = info.sessionId
          this.#held ??= []
        }
        return own.updateSessionInfo(id, info)
      },
    })
    manager.on('ready', ({ data }: { data: GatewayReadyDispatchData }) => this.#began(data))
    manager.on('dispatch', ({ data }: { data: GatewayDispatchPayload }) => this.#dispatched(data))
    manager.on('heartbeat', ({ latency }: { latency: number }) => {
      this.#ping = latency
      this.#lastEventAt = this.#options.clock.now()
    })
    return strategy
  }

  async #throttler(manager: WsManager): Promise<SimpleIdentifyThrottler> {
    const { session_start_limit: limit } = await manager.fetchGatewayInformation()
    const throttler = new SimpleIdentifyThrottler(limit.max_concurrency)
    const wait = throttler.waitForIdentify.bind(throttler)
    throttler.waitForIdentify = async (shard, signal) => {
      await wait(shard, signal)
      this.#guard.identified()
    }
    return throttler
  }

  /** What a shard does with a message runs outside any promise of ours: a throw there would end the process. */
  #protect(shard: GuardedShard): void {
    const onMessage = shard.onMessage.bind(shard)
    shard.onMessage = async (data, isBinary) => {
      try {
        await onMessage(data, isBinary)
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, 'discord.malformed')
      }
    }
  }

  /** discord.js does a little more for READY than for others, so that what follows in one packet can overtake it. */
  #dispatched(payload: GatewayDispatchPayload): void {
    this.#lastEventAt = this.#options.clock.now()
    if (payload.t === GatewayDispatchEvents.Ready) return
    if (this.#held !== null) this.#held.push(payload)
    else this.#hear(payload)
    if (payload.t === GatewayDispatchEvents.Resumed) this.#up()
  }

  /** READY, as early as it can be heard: before discord.js itself has a chance to stumble over it. */
  #began(ready: GatewayReadyDispatchData): void {
    this.#lastEventAt = this.#options.clock.now()
    this.#hear({ op: GatewayOpcodes.Dispatch, s: 0, t: GatewayDispatchEvents.Ready, d: ready })
    const held = this.#held ?? []
    this.#held = null
    for (const payload of held) this.#hear(payload)
    this.#up()
  }

  #up(): void {
    this.#guard.up()
    this.#state = 'ready'
    this.#first.resolve()
  }

  #hear(payload: GatewayDispatchPayload): void {
    try {
      this.#options.hear(payload)
    } catch (error) {
      this.#options.log.error({ event: payload.t, error: messageOf(error) }, 'discord.malformed')
    }
  }

  #down(): void {
    if (this.#state === 'ready') this.#options.log.warn({}, 'discord.disconnected')
    if (this.#state !== 'closed') this.#state = 'connecting'
  }

  /** Discord closed the connection for good. */
  #shutOut(code: number): void {
    const problem = problemOfClose(code)
    this.#state = 'closed'
    this.#options.log.error({ code, error: problem.message }, 'discord.refused')
    this.#first.reject(problem)
  }

  #stateNow(age: number | null): ChatState['state'] {
    if (this.#state === 'connecting' && this.#guard.isResting) return 'resting'
    if (this.#state === 'ready' && age !== null && age > silentMs) return 'connecting'
    return this.#state
  }
}

/** Why a login will never work like this; null when it may work later. */
function refusalOf(error: unknown): Problem | null {
  if (error instanceof Problem && error.kind === 'refused') return error
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'TokenInvalid') return problemOfClose(tokenUnknown, error)
  return meaningOf(error).kind === 'rejected' ? problemOfClose(null, error) : null
}

function problemOfClose(code: number | null, cause?: unknown): Problem {
  const advice =
    code === tokenUnknown
      ? 'Discord does not know this token. Copy it anew from the Developer Portal (Bot, Reset Token) into DISCORD_BOT_TOKEN.'
      : code === intentsRefused
        ? 'The bot may not read messages yet. Switch on "Message Content Intent" in the Developer Portal (Bot).'
        : `Discord closed the connection for good (${code ?? 'see the log'}). Look at the bot in the Developer Portal.`
  return new Problem('refused', advice, cause === undefined ? undefined : { cause })
}

import { Routes, GatewayDispatchEvents, type APIChannel, type GatewayDispatchPayload } from 'discord-api-types/v10'
import type { Chat, Drawing, Inbox } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import { Problem } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { MessageId, PlaceId } from '../core/ids.ts'
import { noMeter, type Meter } from '../core/meter.ts'
import type { Log } from '../core/log.ts'
import type { Place } from '../core/place.ts'
import type { Catalogue } from '../core/phrases.ts'
import { secretScan, type SecretScan } from '../core/secret-scan.ts'
import { usualTimings, type Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import { drawAsk } from './ask.ts'
import { drawAsks } from './ask-list.ts'
import { Absences, connection } from './absences.ts'
import { Budgets } from './budgets.ts'
import { ChannelCache } from './channel-cache.ts'
import { checkDiscord, commandsFinding } from './check.ts'
import { download } from './download.ts'
import { Gateway } from './gateway.ts'
import { dialRules, type DialRules } from './guard.ts'
import { Inbound } from './inbound.ts'
import { Interactions } from './interactions.ts'
import { isKeptFromUs, RequestQueues } from './request-queues.ts'
import { Sight } from './sight.ts'
import { Skew } from './skew.ts'
import { Membership } from './membership.ts'
import { Openings } from './openings.ts'
import { Outbound } from './outbound.ts'
import { People } from './people.ts'
import { plainerRendering } from './plainer.ts'
import { draw } from './render.ts'
import { Leaving, maskedAsSeen } from './leaving.ts'
import { createRest } from './rest.ts'
import { boardOf, panelRendering, noteOf } from './rendering.ts'
import { registerCommands } from './slash.ts'
import { changedWith } from './whereabouts.ts'
import { messageLimit, split } from './split.ts'

export interface DiscordOptions {
  readonly token: string
  /** OMC_DISCORD_API, without the version, e.g. `http://127.0.0.1:8080/api`; null: Discord's own. */
  readonly api: string | null
  /** DISCORD_GUILD_ID: where the commands are registered; null: everywhere. */
  readonly guild: string | null
  readonly features: Features
  /** Asked for when the first command comes: the desk is built on top of the chat. */
  readonly desk: () => Desk
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  /** Finds what may not leave; left out: what looks like a secret, and the bot's own token. */
  readonly scan?: SecretScan
  /** `usualTimings` when left out. */
  readonly timings?: Timings
  /** Told of every call; left out: nobody is. */
  readonly meter?: Meter
  /** How the gateway is dialled; by the timings when left out. */
  readonly dialRules?: DialRules
  /** The first connection is given up after this long, in milliseconds; 60,000 when left out. */
  readonly startWithinMs?: number
}

/** Chat over Discord. It adds to the door what tests and /healthz want to know. */
export interface DiscordChat extends Chat, AsyncDisposable {
  /** How often the bot has logged in anew (Discord allows 1,000 a day). */
  readonly identifies: number
  /** Resolves when the commands have been registered once. */
  readonly registered: Promise<void>
}

/**
 * Discord as the chat door. `open` connects and begins to register the commands in the background; `close` ends every
 * call that still waits with 'later'.
 */
export function createDiscord(options: DiscordOptions): DiscordChat {
  const { token, api, log, clock, catalogue, features, desk } = options
  const timings = options.timings ?? usualTimings
  const meter = options.meter ?? noMeter
  const budgets = new Budgets(clock)
  const skew = new Skew()
  const { scan = secretScan(() => [token]) } = options
  const leaving = new Leaving(scan, (place, rules) => {
    log.warn({ place, rules }, 'discord.secret-hidden')
    for (const rule of rules) meter.count('secrets_hidden_total', { rule })
    inbox?.secretHidden(place, rules)
  })
  const rest = createRest({
    api,
    token,
    log,
    meter,
    budgets,
    leaving,
    answerWithinMs: timings.answerWithinMs,
    skew,
    clock,
  })
  const queues = new RequestQueues(clock, budgets, log, timings.tryAgainAfterMs, (queue) => channelCache.isAway(queue))
  const closing = new AbortController()
  const registered = Promise.withResolvers<void>()
  const people = new People()
  const absences = new Absences(clock)
  const channelCache = new ChannelCache(absences, async (channel) => {
    const done = await queues.read(channel, () => rest.get(Routes.channel(channel)))
    if (done.ok) return done.value as APIChannel
    if (isKeptFromUs(done.error)) return null
    throw done.error
  })
  const outbound = new Outbound(rest, queues, scan, log)
  const sight = new Sight(rest, queues, channelCache, clock)
  const membership = new Membership(rest, queues, options.guild)
  const openings = new Openings(rest, queues, channelCache, clock)
  const { signal } = closing
  const inbound = new Inbound({
    rest,
    queues,
    channelCache,
    people,
    outbound,
    openings,
    membership,
    clock,
    log,
    signal,
  })
  const interactions = new Interactions({
    rest,
    queues,
    channelCache,
    people,
    features,
    desk,
    catalogue,
    clock,
    log,
    timings,
    maskIn: (place, text) => maskedAsSeen(text, (each) => scanIn(place).mask(each).text),
  })
  const gateway = new Gateway({
    token,
    rest,
    clock,
    log,
    rules: options.dialRules ?? { ...dialRules, firstPauseMs: timings.dialAgainAfterMs },
    startWithinMs: options.startWithinMs ?? 60_000,
    api,
    skew,
    absences,
    hear,
  })
  let inbox: Inbox | null = null
  let self: string | null = null
  let hasBegun = false
  let unregistered: string | null = null

  function hear(payload: GatewayDispatchPayload): void {
    if (payload.t === GatewayDispatchEvents.Ready) {
      channelCache.greeted(payload.d.guilds ?? [])
      return begin(payload.d.user.id, payload.d.application.id)
    }
    if (inbox === null || self === null) return
    const isHere = payload.t === GatewayDispatchEvents.GuildCreate && payload.d.unavailable !== true
    const isBack = isHere && channelCache.wasToldAway(payload.d.id)
    const gone = channelCache.learn(payload, self)
    if (payload.t === GatewayDispatchEvents.GuildDelete) {
      log.warn({ guild: payload.d.id, outage: payload.d.unavailable === true }, 'discord.server-away')
    }
    // Whatever was said there before it was told that it is back was told to nobody.
    if (isBack) {
      log.info({ guild: payload.d.id }, 'discord.server-back')
      inbox.gap()
    }
    if (gone !== null) inbox.placeGone(gone.id)
    const changed = changedWith(payload, self)
    if (changed !== null) inbox.placeChanged(changed)
    if (payload.t === GatewayDispatchEvents.MessageCreate) inbound.message(payload.d, self, inbox)
    if (payload.t === GatewayDispatchEvents.TypingStart) inbound.typing(payload.d, inbox)
    if (payload.t === GatewayDispatchEvents.MessageUpdate) {
      openings.changed(payload.d.id)
      inbound.edited(payload.d, self, inbox)
    }
    if (payload.t === GatewayDispatchEvents.MessageDelete) deleted(payload.d.channel_id, [payload.d.id], inbox)
    if (payload.t === GatewayDispatchEvents.MessageDeleteBulk) deleted(payload.d.channel_id, payload.d.ids, inbox)
    if (payload.t === GatewayDispatchEvents.InteractionCreate) {
      background(interactions.take(payload.d), log, 'discord.interaction')
    }
  }

  /** Finds what may not be shown in a place, and tells of it. */
  function scanIn({ id }: Place): SecretScan {
    return {
      mask(text, open) {
        const masked = scan.mask(text, open)
        leaving.tell(id, masked.hits)
        return masked
      },
    }
  }

  function deleted(place: string, messages: readonly string[], to: Inbox): void {
    for (const message of messages) openings.changed(message)
    to.deleted(place as PlaceId, messages as readonly MessageId[])
  }

  /** A new session: whatever was said between the last one and this has to be read. */
  function begin(user: string, application: string): void {
    self = user
    openings.gap()
    inbox?.gap()
    if (hasBegun) return
    hasBegun = true
    const { guild } = options
    const registering = registerCommands({
      rest,
      queues,
      application,
      guild,
      features,
      clock,
      log,
      signal,
      tried: (trouble) => (unregistered = trouble),
    })
    background(registering.then(registered.resolve), log, 'discord.register')
  }

  function selfId(): string {
    if (self === null) throw new Problem('bug', 'The chat was used before open() had resolved.')
    return self
  }

  async function close(): Promise<void> {
    closing.abort()
    queues.close()
    await gateway.close()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }

  return {
    // SPEC F6: as many as Discord's headers leave, none after the message's first hour (with some room for slow clocks).
    // Nonces hold "a few minutes" (Discord's words); two are certain enough.
    pace: {
      budget: (place, deed) => budgets.of(place, deed),
      total: () => budgets.total(),
      claim: (place, deed) => budgets.claim(place, deed),
      editableForMs: timings.editableForMs,
      nonceForMs: 120_000,
    },
    dial: () => gateway.dial(),
    async open(to) {
      inbox = to
      interactions.open(to)
      await gateway.open()
    },
    close,
    state: () => ({
      ...gateway.state(),
      serversAway: channelCache.serversAway(options.guild),
      serversHere: channelCache.serversHere(options.guild),
    }),
    away: (place, since) => absences.since(since, connection, ...(place.kind === 'dm' ? [] : [place.guild])),
    async check(reach) {
      const found = await checkDiscord({ rest, queues, guild: options.guild, skewMs: () => skew.ms }, reach)
      return [...found, commandsFinding(unregistered)]
    },
    draw: (drawing: Drawing) => draw(drawing, catalogue, scanIn(drawing.view.prompt.place), timings),
    drawAsk: (drawing) => {
      const locale = drawing.reader === null ? null : people.localeOf(drawing.reader)
      return drawAsk(drawing, catalogue[locale ?? drawing.locale].approvals)
    },
    drawAsks: (drawing) => {
      const locale = drawing.reader === null ? null : people.localeOf(drawing.reader)
      return drawAsks(drawing, catalogue[locale ?? drawing.locale].approvals)
    },
    dm: (person) => membership.dm(person),
    rolesOf: (person, place) => membership.rolesOf(person, place),
    holdersOf: (role, candidates) => membership.holdersOf(role, candidates),
    sees: (person, place) => sight.sees(person, place),
    isPrivate: (place) => channelCache.isPrivate(place),
    post: (place, rendering, how) => outbound.post(place, rendering, how),
    edit: (place, message, rendering) => outbound.edit(place, message, rendering),
    remove: (place, message) => outbound.remove(place, message),
    pin: (place, message) => outbound.pin(place, message),
    find: (place, rendering, since, known) => outbound.find(place, selfId(), rendering, since, known),
    tell: (place, text, how) => outbound.tell(place, text, how),
    note: (text, buttons, file) => noteOf(cutToMessage(text, scan), buttons, file),
    panel: (mark, text, buttons, look) => panelRendering(mark, cutToMessage(text, scan), buttons, look),
    board: (text) => boardOf(cutToMessage(text, scan)),
    plainer: (rendering, plainness, { locale, asks }) =>
      plainerRendering(rendering, plainness, asks, catalogue[locale]),
    react: (place, message, sign) => outbound.react(place, message, sign),
    typing: async (place) => outbound.typing(place),
    history: (place, after, urgency) => inbound.history(place, after, urgency, selfId()),
    recent: (place, before, wish) => inbound.recent(place, before, wish, selfId()),
    opening: (place) => inbound.opening(place, selfId()),
    reread: (place, message) => inbound.reread(place, message, selfId()),
    interactions,
    download: (file) => download(file, { api, signal: closing.signal }),
    get identifies() {
      return gateway.identifies
    },
    registered: registered.promise,
    [Symbol.asyncDispose]: close,
  }
}

/** As much of a text as one message shows. Of a secret that is cut nothing would be known, so it is hidden before. */
function cutToMessage(text: string, scan: SecretScan): string {
  const whole = text.length > messageLimit ? maskedAsSeen(text, (each) => scan.mask(each).text) : text
  return split(whole, { limit: messageLimit, frozen: [], most: 1 })[0]?.drawn ?? ''
}

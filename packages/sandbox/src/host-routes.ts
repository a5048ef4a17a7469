import { faultForm, type Faults } from './faults.ts'
import { isLimitMode, LIMIT_MODES, type Limits } from './limits.ts'
import { wireUser } from './wire-channel.ts'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Exchange } from './rest/edge.ts'
import type { World } from './world.ts'
import type { HostText } from './records.ts'

/** A button of the host on the page, e.g. "kill the bot". */
export interface Control {
  id: string
  label: HostText
  /** A place that it gives is where the page goes. */
  run(): void | { place: string } | Promise<void | { place: string }>
}

/** What the host has to say on the page: a line about what happens to the bot, and steps that a newcomer may take. */
export interface Standing {
  /** null: nothing to say */
  line: { text: HostText; tone: 'calm' | 'bad' | 'good' } | null
  steps: readonly { text: HostText; done: boolean }[]
}

/** Sees every exchange and dispatch; the oracle is one. */
export interface Watcher {
  exchange(exchange: Exchange): void
  dispatch(name: string, data: unknown, toBot: boolean): void
  /** what `GET /sandbox/oracle` answers */
  report(): object
}

/** What whoever runs the sandbox puts on its page. */
export interface Host {
  controls?: readonly Control[]
  /** asked again and again by an open page */
  standing?: () => Standing
  /** the id of the place where a page opens that says none; default: the first channel */
  home?: () => string | null
}

interface HostParts {
  world: World
  faults: Faults
  limits: Limits
  host: Host
  /** ids of those whose connection is up */
  online(): string[]
  watchers: readonly Watcher[]
}

/** What only a sandbox has: who one can be, the host's buttons, the switches, the oracle. */
export function hostRoutes(app: Hono<{ Bindings: HttpBindings }>, parts: HostParts): void {
  const { world, faults, limits, host, watchers } = parts
  const controls = host.controls ?? []
  app.get('/sandbox/people', (context) =>
    context.json(
      [...world.users.values()]
        .filter((user) => !user.bot)
        .map((user) => ({ user: wireUser(user), token: user.token, note: user.note, locale: user.locale })),
    ),
  )
  app.get('/sandbox/info', (context) =>
    context.json({
      controls: controls.map(({ id, label }) => ({ id, label })),
      limits: limits.mode,
      version: 10,
      faults: faultForm.options.map((option) => option.shape.kind.value),
    }),
  )
  app.post('/sandbox/controls/:id', async (context) => {
    const control = controls.find((one) => one.id === context.req.param('id'))
    if (!control) return context.json({ message: 'No such control' }, 404)
    const led = await control.run()
    return led === undefined ? context.body(null, 204) : context.json(led)
  })
  app.get('/sandbox/home', (context) => context.json({ place: host.home?.() ?? null }))
  app.get('/sandbox/standing', (context) => {
    const online = new Set(parts.online())
    const bots = [...world.users.values()].filter((user) => user.bot).map(({ id }) => ({ id, online: online.has(id) }))
    return context.json({ line: null, steps: [], ...host.standing?.(), bots })
  })
  app.put('/sandbox/limits', async (context) => {
    const { mode } = await context.req.json<{ mode?: unknown }>()
    if (!isLimitMode(mode)) return context.json({ message: LIMIT_MODES.join(', ') }, 400)
    limits.mode = mode
    return context.body(null, 204)
  })
  const show = () => faults.list().map(({ id, fault, hits, held }) => ({ id, fault, hits, held }))
  app.get('/sandbox/faults', (context) => context.json(show()))
  app.post('/sandbox/faults', async (context) => {
    const read = faultForm.safeParse(await context.req.json())
    if (!read.success) return context.json({ message: read.error.message }, 400)
    const { id, fault, hits } = faults.add(read.data)
    return context.json({ id, fault, hits }, 201)
  })
  app.post('/sandbox/faults/:id/release', (context) => {
    faults
      .list()
      .find((one) => one.id === context.req.param('id'))
      ?.release()
    return context.body(null, 204)
  })
  app.delete('/sandbox/faults/:id', (context) => context.body(null, faults.remove(context.req.param('id')) ? 204 : 404))
  app.delete('/sandbox/faults', (context) => {
    faults.clear()
    return context.body(null, 204)
  })
  app.get('/sandbox/oracle', (context) =>
    context.json(Object.assign({}, ...watchers.map((watcher) => watcher.report()))),
  )
}

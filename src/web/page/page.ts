import { getRequestListener } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import type { SessionId } from '../../core/ids.ts'
import type { Person } from '../../core/person.ts'
import { answerForm, PageActs, runForm } from './acts.ts'
import type { PageDoors } from './doors.ts'
import { readPageFiles, typeOf, type PageFiles } from './files.ts'
import { Guests } from './guests.ts'
import { PageReading } from './reading.ts'
import type { PageListener } from '../health.ts'
import { Streams } from './streams.ts'
import { Visits, type Visit } from './visits.ts'

export interface PageOptions extends PageDoors {
  readonly dataFolder: string
}

/** The operator's page as a part of the web server. Whoever opened it closes it. */
export interface OperatorPage extends Disposable {
  readonly listener: PageListener
}

/** Whoever may use it, as they are now. */
interface Owner {
  readonly person: Person
  readonly visit: Visit
}

/** Nothing is loaded from elsewhere, nothing is run that is not a file of ours, nobody frames it. */
const guards: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}
const entryForm = z.object({ link: z.string().regex(/^[\w-]{43}$/) })
const half = /^[\w-]{43}$/
const mostBytes = 16_384
const days = z.enum(['1', '7', '30', '90']).catch('7')

/**
 * The page at `/`, and what it asks for below `/page`. Three things open it together: the cookie, which no script reads; a
 * key in a header, which no other site and no other port can send; and that the person is an owner of everything, now.
 */
export function operatorPage({ dataFolder, ...doors }: PageOptions): OperatorPage {
  const visits = new Visits(dataFolder, doors.clock)
  const guests = new Guests(doors, visits)
  const streams = new Streams(doors, guests)
  const reading = new PageReading(doors, guests)
  const acts = new PageActs(doors, guests)
  const routes = new Hono()
  let files: Promise<PageFiles> | null = null

  routes.use('*', async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(guards)) context.header(name, value)
  })
  routes.use(
    '/page/*',
    bodyLimit({ maxSize: mostBytes, onError: (context) => context.json({ why: 'too-long' }, 413) }),
    async (context, next) => {
      if (!isOurs(context)) return context.json({ why: 'other-site' }, 403)
      return next()
    },
  )
  routes.get('/', (context) => give(context, 'index.html'))
  routes.get('/page/files/:name', (context) => give(context, context.req.param('name')))
  routes.post('/page/enter', enter)
  routes.post('/page/leave', async (context) => {
    const visit = await visitOf(context)
    if (visit !== null) await leave(visit)
    deleteCookie(context, cookieOf(context), { path: '/page' })
    return context.json({ done: true })
  })
  routes.get('/page/me', (context) =>
    seen(context, false, async ({ person, visit }) => ({
      name: person.name,
      locale: person.locale,
      until: visit.until,
    })),
  )
  routes.get('/page/usage', (context) =>
    seen(context, false, ({ person }) => reading.usage(person, Number(days.parse(context.req.query('days'))))),
  )
  routes.get('/page/grants', (context) => seen(context, false, ({ person }) => reading.grants(person)))
  routes.get('/page/chains', (context) => seen(context, false, ({ person }) => reading.chains(person)))
  routes.get('/page/transcripts', (context) => seen(context, false, ({ person }) => reading.transcripts(person)))
  routes.get('/page/transcript', (context) =>
    seen(context, false, ({ person }) => reading.transcript(person, (context.req.query('session') ?? '') as SessionId)),
  )
  routes.get('/page/search', (context) => {
    const words = (context.req.query('words') ?? '').trim().slice(0, 200)
    return seen(context, false, ({ person }) =>
      words.length < 2 ? { found: [], cut: false } : reading.search(person, words),
    )
  })
  routes.post('/page/stop', (context) => done(context, runForm, (person, form) => acts.stop(person, form)))
  routes.post('/page/first', (context) => done(context, runForm, (person, form) => acts.first(person, form)))
  routes.post('/page/reveal', (context) => done(context, runForm, (person, form) => acts.reveal(person, form)))
  routes.post('/page/answer', (context) => done(context, answerForm, (person, form) => acts.answer(person, form)))
  routes.get('/page/stream', async (context) => {
    const owner = await ownerOf(context, false)
    if (owner instanceof Response) return owner
    const body = await streams.open(owner.visit, Number(context.req.header('last-event-id') ?? 0))
    if (body === null) return context.json({ why: 'too-many' }, 503)
    return context.body(body, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
  })

  routes.onError((error, context) => {
    doors.log.error({ error }, 'page.failed')
    return context.json({ why: 'failed' }, 503)
  })

  async function give(context: Context, name: string): Promise<Response> {
    files ??= readPageFiles()
    const all = await files.catch((error: unknown) => {
      files = null
      throw error
    })
    const type = typeOf(name)
    const text = Object.hasOwn(all, name) ? all[name] : undefined
    if (text === undefined || type === null) return context.notFound()
    return context.body(text, 200, { 'content-type': type })
  }

  async function enter(context: Context): Promise<Response> {
    const form = entryForm.safeParse(await context.req.json().catch(() => null))
    const entered = form.success ? await visits.enter(form.data.link) : null
    if (entered === null) return context.json({ why: 'no-such-link' }, 403)
    const { visit, keys } = entered
    const who = await guests.standing(visit, true)
    if (who.is !== 'owner') {
      await leave(visit)
      return context.json({ why: who.is }, 403)
    }
    doors.log.info({ person: visit.guest.person.id }, 'page.entered')
    const maxAge = Math.floor((visit.until - doors.clock.now()) / 1000)
    setCookie(context, cookieOf(context), keys.cookie, { httpOnly: true, sameSite: 'Strict', path: '/page', maxAge })
    return context.json({ key: keys.key })
  }

  async function leave(visit: Visit): Promise<void> {
    await visits.end(visit)
    streams.end(visit)
  }

  function visitOf(context: Context): Promise<Visit | null> {
    const cookie = getCookie(context, cookieOf(context)) ?? ''
    const key = context.req.header('x-page-key') ?? ''
    return half.test(cookie) && half.test(key) ? visits.visit({ cookie, key }) : Promise.resolve(null)
  }

  /** For owners: what they asked for. */
  async function seen(
    context: Context,
    afresh: boolean,
    give: (owner: Owner) => object | null | Promise<object | null>,
  ): Promise<Response> {
    const owner = await ownerOf(context, afresh)
    if (owner instanceof Response) return owner
    const answer = await give(owner)
    return answer === null ? context.json({ why: 'not-there' }, 404) : context.json(answer)
  }

  /** The same for what changes something: they are judged at this moment. */
  async function done<Form>(
    context: Context,
    form: z.ZodType<Form>,
    act: (person: Person, asked: Form) => Promise<object>,
  ): Promise<Response> {
    const asked = form.safeParse(await context.req.json().catch(() => null))
    return seen(context, true, ({ person }) =>
      asked.success ? act(person, asked.data) : { done: false, why: 'not-understood' },
    )
  }

  /** Who asks, or what they are told: who is no owner any more has no visit either, who cannot be known now keeps it. */
  async function ownerOf(context: Context, afresh: boolean): Promise<Owner | Response> {
    const visit = await visitOf(context)
    if (visit === null) return context.json({ why: 'enter' }, 401)
    const who = await guests.standing(visit, afresh)
    if (who.is === 'owner') return { person: who.person, visit }
    if (who.is === 'unknown') return context.json({ why: 'unknown' }, 503)
    await leave(visit)
    return context.json({ why: 'enter' }, 401)
  }

  return { listener: getRequestListener(routes.fetch), [Symbol.dispose]: () => streams[Symbol.dispose]() }
}

/** One for each port: browsers do not tell ports apart where cookies are concerned. */
function cookieOf(context: Context): string {
  return `omc-page-${new URL(context.req.url).port}`
}

/** Whether it was our own page that asks, as the browser says: not another site, nor another port of this machine. */
function isOurs({ req }: Context): boolean {
  const origin = req.header('origin')
  const site = req.header('sec-fetch-site')
  if (origin !== undefined && origin !== `http://${req.header('host') ?? ''}`) return false
  if (site !== undefined && site !== 'same-origin') return false
  if (req.method === 'GET') return true
  return origin !== undefined && /^application\/json\b/.test(req.header('content-type') ?? '')
}

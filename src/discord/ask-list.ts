import type { ApprovalPhrases } from '../core/approval-phrases.ts'
import type { Ask } from '../core/ask.ts'
import type { AsksDrawing } from '../core/ask-drawing.ts'
import type { DrawnButton, Rendering } from '../core/chat.ts'
import { inputOf, isOwn } from './ask.ts'
import { askId } from './custom-id.ts'
import { askRendering, colours, type Body, type Row } from './rendering.ts'
import { visible } from '../core/visible.ts'

/** How many of a list are shown at once, and how long their lines are together; the rest comes up as these are answered. */
const shownUpTo = 10
const linesUpTo = 1400
const inputs = 'questions.txt'

/** One message of a list of approvals. Pure. */
export function drawAsks(drawing: AsksDrawing, say: ApprovalPhrases): Rendering {
  const { list, asks, role, mention, direct } = drawing
  const who = mention === null ? null : `<@${mention}>`
  const rendering = (content: string, rings: boolean, more: Partial<Body> = {}): Rendering =>
    askRendering(list, rings, { content, card: null, button: null, file: null, ...more })
  const open = asks.filter(({ fate }) => fate.kind === 'open')
  const [first] = open.length > 0 ? open : asks
  if (first === undefined) return rendering('', false)
  const until = Math.min(...open.map(({ expiresAt }) => expiresAt))
  switch (role) {
    case 'ask':
      return rendering(...drawList(drawing, first, open, until, say))
    case 'line': {
      const panel = open.length > 0 ? colours.asks : colours.done
      if (open.length === 0) return rendering(say.many.lineOver(asks.length), false, { panel })
      const look: DrawnButton = { label: say.buttons.look, id: askId(list, 'list'), style: 'plain' }
      const isSpeaker = mention === first.prompt.speaker.id
      const said = say.many.line(first, open.length, until, direct, isSpeaker ? who : null)
      const line = who === null || isSpeaker ? said : `${who} ${said}`
      return rendering(line, who !== null, { rows: [{ kind: 'buttons', buttons: [look] }], panel })
    }
    case 'reminder':
      return rendering(say.reminder(who, until), true)
    case 'note':
      return rendering(say.many.expired(first.runtime, unanswered(asks)), false)
    case 'audit':
      // Each decision has a copy of its own.
      return rendering('', false)
  }
}

/** How many of them nobody answered in time. */
function unanswered(asks: readonly Ask[]): number {
  return asks.filter(({ fate }) => fate.kind === 'answered' && fate.by === null).length
}

function drawList(
  { list, asks }: AsksDrawing,
  first: Ask,
  open: readonly Ask[],
  until: number,
  say: ApprovalPhrases,
): [string, boolean, Partial<Body>] {
  const { many } = say
  const own = open.some(isOwn)
  const title = many.title(first.runtime, asks.length, `<@${first.prompt.speaker.id}>`)
  const lines = linesOf(open, own, say)
  const shown = open.slice(0, lines.length)
  const rest = open.length - shown.length
  const content = [
    open.length === 0 ? title : `${title} · ${say.mayAnswer(own, until)}`,
    ...lines,
    rest > 0 ? many.more(rest) : '',
    many.tally(asks),
    many.inFile(inputs, open.length > 0),
  ]
  const text = asks.map((ask) => whole(ask, say)).join('\n\n')
  return [
    content.filter((line) => line !== '').join('\n'),
    true,
    {
      rows: shown.length === 0 ? [] : rowsOf(list, shown, say),
      file: { name: inputs, text },
      panel: open.length > 0 ? colours.asks : colours.done,
    },
  ]
}

function linesOf(open: readonly Ask[], own: boolean, say: ApprovalPhrases): readonly string[] {
  const lines: string[] = []
  for (const ask of open.slice(0, shownUpTo)) {
    const owners = own && !isOwn(ask) ? ` · ${say.many.owners}` : ''
    const line = `${numberOf(ask)}\\. ${visible(say.many.item(ask))}${owners}`
    if (lines.length > 0 && lines.join('\n').length + line.length > linesUpTo) break
    lines.push(line)
  }
  return lines
}

/** A yes to those that are shown is bound to how far they were: what comes after it was not seen. */
function rowsOf(list: string, shown: readonly Ask[], say: ApprovalPhrases): readonly Row[] {
  const last = shown.at(-1)?.listed?.at ?? 0
  const { many } = say
  const options = shown.map((ask) => ({
    label: visible(`${numberOf(ask)}. ${labelOf(ask)}`),
    value: String(ask.listed?.at ?? 0),
    description: '',
    chosen: false,
  }))
  return [
    { kind: 'select', id: askId(list, 'one'), placeholder: many.look, options, most: 1 },
    {
      kind: 'buttons',
      buttons: [
        { label: many.approve(shown.length), id: askId(list, 'all', last), style: 'good' },
        { label: many.deny(shown.length), id: askId(list, 'none', last), style: 'bad' },
      ],
    },
  ]
}

function labelOf({ approval: { subject, action } }: Ask): string {
  return subject.kind === 'command' ? subject.command : action.title || action.tool
}

/** All that it would do, as it is shown when it stands alone. */
function whole(ask: Ask, say: ApprovalPhrases): string {
  const { approval, session } = ask
  const folder = approval.subject.kind === 'command' ? (approval.subject.folder ?? session.workdir) : session.workdir
  const text = approval.subject.kind === 'host' ? approval.action.title : inputOf(approval).text
  const risks = approval.risks.map((risk) => say.risks[risk])
  return `=== ${numberOf(ask)}. ${visible([folder, ...risks].join(' · '))}\n${text}`
}

function numberOf(ask: Ask): number {
  return (ask.listed?.at ?? 0) + 1
}

import type { Approval, Question, Subject } from '../core/approval.ts'
import { needsSend, type Ask } from '../core/ask.ts'
import type { AskDrawing } from '../core/ask-drawing.ts'
import type { DrawnButton, Rendering } from '../core/chat.ts'
import { besides, canLast, mayAnswer } from '../core/consent.ts'
import type { ApprovalPhrases } from '../core/approval-phrases.ts'
import { askId } from './custom-id.ts'
import { askRendering, colours, type Body, type Row } from './rendering.ts'
import { messageLimit, split } from './split.ts'
import { fenced, literal, quoted, visible, visibleCommand } from '../core/visible.ts'

/** The input stands in the message up to this length, in UTF-16 units; a longer one is a file, never cut. */
const inputLimit = 1300
/** From so many options up, and where several may be chosen, a select takes the place of buttons. */
const buttonsUpTo = 4
const optionsUpTo = 25
/** Selects that stand above the row of buttons. */
const selectsUpTo = 4

/** One message of an approval. Pure. */
export function drawAsk(drawing: AskDrawing, say: ApprovalPhrases): Rendering {
  const { ask, role, mention, direct } = drawing
  const plain = { card: null, button: null, file: null }
  const who = mention === null ? null : `<@${mention}>`
  const rendering = (content: string, rings: boolean, more: Partial<Body> = {}): Rendering =>
    askRendering(ask.token, rings, { content, ...plain, ...more })
  switch (role) {
    case 'ask':
      return rendering(...drawQuestion(ask, say))
    case 'line': {
      const panel = panelFor(ask)
      if (ask.fate.kind !== 'open') return rendering(say.lineOver(ask.fate), false, { panel })
      const look: DrawnButton = { label: say.buttons.look, id: askId(ask.token, 'look'), style: 'plain' }
      // Who is spoken to stands in the line itself, where it is about them: nobody is named twice.
      const isSpeaker = mention === ask.prompt.speaker.id
      const said = say.line(ask, direct, isSpeaker ? who : null, isOwn(ask))
      const line = who === null || isSpeaker ? said : `${who} ${said}`
      return rendering(line, who !== null, { rows: [{ kind: 'buttons', buttons: [look] }], panel })
    }
    case 'reminder':
      return rendering(say.reminder(who, ask.expiresAt), true)
    case 'note':
      return rendering(say.expired(ask), false)
    case 'audit':
      return rendering(say.audit(ask), false)
  }
}

function drawQuestion(ask: Ask, say: ApprovalPhrases): [string, boolean, Partial<Body>] {
  const { approval, prompt, session } = ask
  const { subject } = approval
  const isOpen = ask.fate.kind === 'open'
  const mention = `<@${prompt.speaker.id}>`
  const input = inputOf(approval)
  const reason = 'reason' in subject ? (subject.reason ?? '').trim() : ''
  const why = reason === '' ? '' : quoted(say.reason(reason))
  const risks = approval.risks.map((risk) => say.risks[risk])
  const where = isAct(subject)
    ? [say.where(folderOf(subject) ?? session.workdir), ...risks].join(' · ')
    : subject.kind === 'host'
      ? say.hostHolds
      : ''
  const files = Object.keys(ask.runs.files)
  const runs = files.length === 0 ? '' : say.runs(files)
  const changed = ask.changed.length > 0 && isOpen ? say.changed(ask.changed) : ''
  const chosen = subject.kind === 'questions' && isOpen ? say.chosen(ask.draft, subject) : ''
  const may = isOpen ? say.mayAnswer(isOwn(ask), ask.expiresAt) : ''
  const title = [say.title(ask, mention), may].filter(Boolean).join(' · ')
  const around = (shown: string): string =>
    [title, changed, shown, input.hides ? say.unseen : '', why, where, runs, chosen, isOpen ? '' : say.fate(ask)]
      .filter((line) => line !== '')
      .join('\n')
  const whole = around(input.drawn)
  const isShort = input.drawn.length <= inputLimit && whole.length <= messageLimit
  return [
    isShort ? whole : around(say.inFile(input.file, input.text.length)),
    true,
    {
      rows: isOpen ? rowsOf(ask, say) : [],
      file: isShort ? null : { name: input.file, text: input.text },
      panel: panelFor(ask),
    },
  ]
}

/** Whoever asked for it may answer it too. */
export function isOwn({ approval, prompt }: Ask): boolean {
  const speaker = { id: prompt.speaker.id, tier: prompt.tier }
  return mayAnswer(approval, speaker, speaker)
}

/** What has not been answered asks; the rest says in words how it ended. */
function panelFor({ fate }: Ask): number {
  if (fate.kind === 'open') return colours.asks
  if (fate.kind !== 'answered') return colours.waiting
  return fate.decision.verdict === 'deny' ? colours.failed : colours.done
}

interface Input {
  /** As it stands in the message. */
  readonly drawn: string
  /** As it stands in the file. */
  readonly text: string
  readonly file: string
  /** It holds characters that cannot be seen. */
  readonly hides: boolean
}

/** The whole of what is asked. */
export function inputOf(approval: Approval): Input {
  const { subject } = approval
  switch (subject.kind) {
    case 'command': {
      const rest = besides(approval)
      const more = rest === null ? '' : JSON.stringify(rest, null, 2)
      const command = visibleCommand(subject.command)
      const blocks = [block(command, 'bash'), ...(more === '' ? [] : [block(more, 'json')])].join('\n')
      const whole = input(blocks, [command, more].filter(Boolean).join('\n\n'), 'command.txt')
      return { ...whole, hides: whole.hides || command !== subject.command }
    }
    case 'change': {
      const text = subject.changes.map(({ path, diff }) => `=== ${path}\n${diff}`).join('\n')
      return input(block(text, 'diff'), text, 'change.diff')
    }
    case 'host':
      // Its title says all of it.
      return input('', '', 'host.txt')
    case 'tool': {
      const text = indented(approval.input)
      return input(block(text, 'json'), text, 'input.json')
    }
    case 'questions': {
      const text = subject.questions.map(questionText).join('\n\n')
      return input(quoted(text), text, 'questions.md')
    }
    case 'plan':
      return input(quoted(markdown(visible(subject.plan))), subject.plan, 'plan.md')
  }
}

/** As an answer is drawn: links lead where they say, and nothing is fetched for a preview. */
function markdown(text: string): string {
  return split(text, { limit: 2 * messageLimit, frozen: [], foreign: true, most: 1 })[0]?.drawn ?? ''
}

function input(drawn: string, text: string, file: string): Input {
  const seen = visible(text)
  return { drawn, text: seen, file, hides: seen !== text.replace(/\r\n/g, '\n') }
}

function block(text: string, language: string): string {
  return fenced(visible(text) || '⟨⟩', language)
}

/** JSON for people to read; what is none stays as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function questionText({ header, text, options }: Question): string {
  const lines = options.map(
    ({ label, description }, at) =>
      `${at + 1}\\. ${literal(label)}${description === '' ? '' : ` — ${literal(description)}`}`,
  )
  const named = header === '' || header === text ? '' : `**${literal(header)}** · `
  return [`${named}${literal(text)}`, ...lines].join('\n')
}

function isAct({ kind }: Subject): boolean {
  return kind !== 'questions' && kind !== 'plan' && kind !== 'host'
}

function folderOf(subject: Subject): string | null {
  return subject.kind === 'command' ? subject.folder : null
}

function rowsOf(ask: Ask, say: ApprovalPhrases): readonly Row[] {
  const { token, approval } = ask
  const { subject } = approval
  const button = (label: string, verb: Parameters<typeof askId>[1], style: DrawnButton['style']): DrawnButton => ({
    label,
    id: askId(token, verb),
    style,
  })
  if (subject.kind === 'questions') return questionRows(ask, subject.questions, say)
  if (subject.kind === 'plan') {
    const buttons = [button(say.buttons.goAhead, 'yes', 'good'), button(say.buttons.change, 'change', 'plain')]
    return [{ kind: 'buttons', buttons }]
  }
  const { approve, approveForSession, allowOnce, allowHere, deny } = say.buttons
  const [once, always] = subject.kind === 'host' ? [allowOnce, allowHere] : [approve, approveForSession]
  const lasting = canLast(ask) ? [button(always, 'session', 'plain')] : []
  return [{ kind: 'buttons', buttons: [button(once, 'yes', 'good'), ...lasting, button(deny, 'no', 'bad')] }]
}

/** One question: its options. Several: a select for each of the next four, answered together by Send. */
function questionRows(ask: Ask, questions: readonly Question[], say: ApprovalPhrases): readonly Row[] {
  const { token, draft } = ask
  const together = needsSend(ask.approval)
  const open = questions.findIndex(({ id }) => (draft[id] ?? []).length === 0)
  const first = Math.floor((open === -1 ? questions.length - 1 : open) / selectsUpTo) * selectsUpTo
  const page = questions.map((question, at) => ({ question, at })).slice(first, first + selectsUpTo)
  const rows = page.flatMap(({ question, at }): Row[] => {
    if (question.options.length === 0) return []
    const isSelect = together || question.several || question.options.length > buttonsUpTo
    return [isSelect ? selectOf(ask, question, at, say) : optionButtons(ask, question, at)]
  })
  const named = questions.length > 1
  const others = page.flatMap(({ question, at }): DrawnButton[] =>
    question.free
      ? [
          {
            label: say.buttons.other(named ? question.header || `${at + 1}` : ''),
            id: askId(token, 'other', at),
            style: 'plain',
          },
        ]
      : [],
  )
  const send: DrawnButton[] = together ? [{ label: say.buttons.send, id: askId(token, 'send'), style: 'good' }] : []
  const decline: DrawnButton = { label: say.buttons.decline, id: askId(token, 'no'), style: 'plain' }
  return [...rows, { kind: 'buttons', buttons: [...send, ...others, decline].slice(0, 5) }]
}

function optionButtons({ token }: Ask, question: Question, at: number): Row {
  const buttons = question.options.map(({ label }, option): DrawnButton => ({
    label: visible(label),
    id: askId(token, 'pick', at, option),
    style: 'plain',
  }))
  return { kind: 'buttons', buttons }
}

function selectOf({ token, draft }: Ask, question: Question, at: number, say: ApprovalPhrases): Row {
  const options = question.options.slice(0, optionsUpTo).map(({ label, description }, option) => ({
    label: visible(label),
    value: String(option),
    description: visible(description),
    chosen: (draft[question.id] ?? []).includes(label),
  }))
  return {
    kind: 'select',
    id: askId(token, 'pick', at),
    placeholder: say.buttons.choose(visible(question.header)),
    options,
    most: question.several ? options.length : 1,
  }
}

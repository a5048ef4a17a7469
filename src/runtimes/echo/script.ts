import type { Question, Risk } from '../../core/approval.ts'
import { risksOfCommand } from '../../core/risk.ts'

/** Something that the echo agent asks a person. */
export type ScriptedAsk =
  /** `runs`: it is really done; in a box without being asked about. `gate`: it is asked when that is opened. */
  | {
      readonly is: 'tool'
      readonly tool: string
      readonly title: string
      readonly risks: readonly Risk[]
      readonly runs?: true
      readonly gate?: string
    }
  | { readonly is: 'change'; readonly path: string; readonly text: string; readonly risks: readonly Risk[] }
  | { readonly is: 'questions'; readonly questions: readonly Question[] }
  | { readonly is: 'plan'; readonly plan: string }

/** One thing the echo agent is told to do by a line of its prompt. */
export type ScriptStep =
  | { readonly do: 'say'; readonly text: string; readonly overMs: number }
  /** All but the last word at once, and the last one when the gate of that name is opened. */
  | { readonly do: 'until'; readonly gate: string; readonly text: string }
  /** `gate`: it lasts until that is opened. */
  | { readonly do: 'tool'; readonly tool: string; readonly title: string; readonly gate: string | null }
  /**
   * All at once; `gate`: the calls begin, and are asked about behind it. `withdrawn`: taken back behind that gate instead,
   * after a second without one.
   */
  | {
      readonly do: 'ask'
      readonly asks: readonly ScriptedAsk[]
      readonly withdrawn: boolean
      readonly gate: string | null
    }
  /** `input`: JSON text. */
  | { readonly do: 'call'; readonly tool: string; readonly input: string }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'fail'; readonly message: string }
  /** The model's service is in trouble, or takes no login, for the first so many times that this prompt is asked. */
  | { readonly do: 'busy' | 'barred'; readonly times: number }
  /** Tells that it has used so much, and stands still until it is let on. */
  | { readonly do: 'spend'; readonly tokens: number; readonly usd: number | null; readonly model: string | null }
  | { readonly do: 'flood'; readonly bytes: number }
  | { readonly do: 'daemon'; readonly seconds: number }
  | { readonly do: 'hang' | 'die' | 'env' | 'files' | 'recall' | 'attached' | 'context' | 'compact' }
  /** The conversation is full, unless it has just begun. */
  | { readonly do: 'full' }

const units: Readonly<Record<string, number>> = { '': 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/**
 * The steps in a prompt, one for each line that begins with `!` and a known word; other lines are only text.
 *
 *     !slow 10s one two three                 says it word by word over that time
 *     !until noon one two three               says all but the last word, and that when `until/noon` lies beside its
 *                                             transcripts (<data>/echo): for tests, which end what must last;
 *                                             `!until noon !tool Bash npm test` is a tool call that lasts until then,
 *                                             `!until noon !ask …` one that is begun, and asked about only then
 *     !ask Bash npm test                      asks for leave to use a tool; `!ask! outside,network Bash …` names risks
 *     !asks Bash npm test | Bash npm publish  asks for several at once; `| @name Bash …` when that gate is opened
 *     !withdraw Bash npm test                 asks, and takes it back after a second (`!until noon !withdraw …`: then)
 *     !change notes.md | one\ntwo             asks for leave to write a file, and writes it
 *     !question Which? | this | that          asks a question; `||` begins a further one, `!question*` takes several
 *     !call whois {"name":"mary"}             calls a tool of the bot; what is short is written short:
 *                                             `!whois shop`, `!post_update text`, `!list_sessions`,
 *                                             `!consult docs text`, `!delegate docs text`, `!reply text`,
 *                                             `!ask_human Which? | this | that`
 *     !run git log                            runs it and says what came of it; asks first where it is not boxed
 *     !busy 2                                 fails as an overloaded service does, for the first two times
 *     !barred 1                               the same for a login that is not taken
 *     !spend 1000                             uses so many tokens, and stands still until it is let on; `!spend 1000 $0.50`
 *                                             says what it costs, `!spend 1000 gpt-5` of which model
 *     !full                                   the conversation is full, unless it has just begun; `!compact` sums it up
 *     !plan # First\n- this                   shows a plan
 */
export function stepsIn(prompt: string): readonly ScriptStep[] {
  return prompt.split('\n').flatMap((line) => stepOf(line.trim()) ?? [])
}

function stepOf(line: string): ScriptStep | null {
  // In a channel the first line begins with who speaks.
  const [, word, sign = '', rest = ''] = /^(?:\[@[^\]]*\]: )?!([a-z_]+)([*!]?)(?:\s+(.*))?$/.exec(line) ?? []
  switch (word) {
    case 'say':
      return { do: 'say', text: rest, overMs: 0 }
    case 'slow': {
      const [, seconds = '2', text = rest] = /^(\d+(?:\.\d+)?)s\s+(.*)$/.exec(rest) ?? []
      return { do: 'say', text, overMs: Number(seconds) * 1000 }
    }
    case 'until': {
      const [, gate = '', text = ''] = /^([\w-]+)\s*(.*)$/.exec(rest) ?? []
      if (gate === '') return null
      const held = stepOf(text)
      return held?.do === 'tool' || held?.do === 'ask' ? { ...held, gate } : { do: 'until', gate, text }
    }
    case 'tool': {
      const [tool = 'Bash', ...title] = rest.split(' ')
      return { do: 'tool', tool, title: title.join(' '), gate: null }
    }
    case 'ask':
      return asking([sign === '!' ? riskyTool(rest) : toolAsk(rest)])
    case 'asks':
      return asking(rest.split(' | ').map(gatedAsk))
    case 'withdraw':
      return { ...asking([toolAsk(rest)]), withdrawn: true }
    case 'change': {
      const [path = '', ...text] = rest.split(' | ')
      return asking([{ is: 'change', path: path.trim(), text: lines(text.join(' | ')), risks: [] }])
    }
    case 'question': {
      const questions = rest.split('||').map((each, index) => questionOf(each, `q${index + 1}`, sign === '*'))
      return asking([{ is: 'questions', questions }])
    }
    case 'plan':
      return asking([{ is: 'plan', plan: lines(rest) }])
    case 'call': {
      const [, tool = '', input = '{}'] = /^([a-z_]+)\s*(.*)$/.exec(rest) ?? []
      return { do: 'call', tool, input: input === '' ? '{}' : input }
    }
    case 'whois':
      return calling(word, { name: rest })
    case 'list_sessions':
      return calling(word, {})
    case 'consult':
    case 'delegate': {
      const [, to = '', text = ''] = /^(\S+)\s+(.*)$/.exec(rest) ?? []
      return calling(word, { session: to, text: lines(text) })
    }
    case 'ask_human': {
      const [question = '', ...options] = rest.split('|').map((part) => part.trim())
      return calling(word, { question: lines(question), options })
    }
    case 'reply':
      return calling(word, { text: lines(rest) })
    case 'post_update':
      return calling(word, { text: lines(rest) })
    case 'read':
      return { do: 'read', path: rest }
    case 'run':
      return asking([{ ...toolAsk(`Bash ${rest}`), runs: true }])
    case 'fail':
      return { do: 'fail', message: rest === '' ? 'told to fail' : rest }
    case 'busy':
    case 'barred':
      return { do: word, times: Number.parseInt(rest, 10) || 1 }
    case 'flood': {
      const [, amount = '1', unit = 'MB'] = /^(\d+)\s*([KMG]B)?$/.exec(rest) ?? []
      return { do: 'flood', bytes: Number(amount) * (units[unit] ?? 1) }
    }
    case 'spend': {
      const [, tokens = '0', usd, model = null] = /^(\d+)(?:\s+\$([\d.]+))?(?:\s+([\w.-]+))?$/.exec(rest) ?? []
      return { do: 'spend', tokens: Number(tokens), usd: usd === undefined ? null : Number(usd), model }
    }
    case 'daemon':
      return { do: 'daemon', seconds: Number.parseInt(rest, 10) || 60 }
    case 'hang':
    case 'die':
    case 'env':
    case 'files':
    case 'recall':
    case 'attached':
    case 'context':
    case 'compact':
      return { do: word }
    case 'full':
      return { do: 'full' }
    default:
      return null
  }
}

function calling(tool: string, input: object): ScriptStep {
  return { do: 'call', tool, input: JSON.stringify(input) }
}

function asking(asks: readonly ScriptedAsk[]): Extract<ScriptStep, { do: 'ask' }> {
  return { do: 'ask', asks, withdrawn: false, gate: null }
}

function toolAsk(text: string): Extract<ScriptedAsk, { is: 'tool' }> {
  const [tool = 'Bash', ...words] = text.trim().split(' ')
  const title = words.join(' ')
  const reaching: readonly Risk[] = tool.startsWith('Web') ? ['network'] : []
  return { is: 'tool', tool, title, risks: tool === 'Bash' ? risksOfCommand(title) : reaching }
}

function gatedAsk(text: string): ScriptedAsk {
  const [, gate, rest = ''] = /^@([\w-]+) (.*)$/.exec(text.trim()) ?? []
  return gate === undefined ? toolAsk(text) : { ...toolAsk(rest), gate }
}

const risks: readonly Risk[] = ['network', 'push', 'outside', 'unconfined', 'obeyed']

/** `outside,unconfined Bash npm test`: the risks that are named, and nothing else. */
function riskyTool(text: string): ScriptedAsk {
  const [named = '', ...rest] = text.split(' ')
  return { ...toolAsk(rest.join(' ')), risks: risks.filter((risk) => named.split(',').includes(risk)) }
}

function questionOf(text: string, id: string, several: boolean): Question {
  const [question = '', ...options] = text.split('|').map((part) => part.trim())
  const [header = ''] = question.split(' ')
  return {
    id,
    header,
    text: lines(question),
    options: options.map((label) => ({ label, description: `${label}, says echo` })),
    several,
    free: true,
  }
}

/** A prompt's step is one line: `\n` stands for a break. */
function lines(text: string): string {
  return text.replaceAll(String.raw`\n`, '\n')
}

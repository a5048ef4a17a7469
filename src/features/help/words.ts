import { fitting } from '../../core/fitting.ts'
import type { Tier } from '../../core/right.ts'

/** A command as `/help` shows it, or several that begin with the same word. */
export interface Helped {
  /** `session start`; `session` */
  readonly name: string
  /** `start`, `stop`; none: it is one command. */
  readonly subcommands: readonly string[]
  readonly description: string
}

export const en = {
  commands: { help: { description: 'Show what you may do here', options: {} } },
  deeds: { help: 'ask for help' },
  /** One message, or a few where there are more commands. `asks`: what they write may reach an agent. */
  help: (tier: Tier, asks: boolean, commands: readonly Helped[]): string =>
    fitting(
      `${standing[tier]} ${asks ? askingInEnglish : silentInEnglish}`,
      lines(commands),
      (count) => `and ${count} more`,
      room,
    ),
}

/** An answer goes on in up to five messages. */
const room = 8_000

const standing: Readonly<Record<Tier, string>> = {
  blocked: 'You are blocked here.',
  public: 'You have no tier here.',
  guest: 'You are a **guest** here.',
  member: 'You are a **member** here.',
  owner: 'You are an **owner** here.',
}
const askingInEnglish = 'Where a session is, write to the agent; its buttons stop or steer it. You may also use:'
const silentInEnglish =
  'Agents do not read what you write here; an owner can change that with `/permission set`. You may use:'

export const ko: typeof en = {
  commands: { help: { description: '여기에서 할 수 있는 일을 보여 줘요', options: {} } },
  deeds: { help: '도움말을 보는 것' },
  help: (tier, asks, commands) =>
    fitting(
      `${standingInKorean[tier]} ${asks ? askingInKorean : silentInKorean}`,
      lines(commands),
      (count) => `그 밖에 ${count}개`,
      room,
    ),
}

const standingInKorean: Readonly<Record<Tier, string>> = {
  blocked: '여기에서는 차단되어 있어요.',
  public: '여기에서는 등급이 없어요.',
  guest: '여기에서는 **guest**예요.',
  member: '여기에서는 **member**예요.',
  owner: '여기에서는 **owner**예요.',
}
const askingInKorean =
  '세션이 있는 곳에 글을 쓰면 에이전트가 읽어요. 버튼으로 멈추거나 덧붙일 수 있고, 이런 명령도 쓸 수 있어요:'
const silentInKorean = '에이전트는 글을 읽지 않아요. owner가 `/permission set`으로 바꿀 수 있어요. 쓸 수 있는 명령은:'

function lines(commands: readonly Helped[]): readonly string[] {
  return commands.map(({ name, subcommands, description }) =>
    subcommands.length === 0
      ? `› \`/${name}\` ${description}`
      : `› \`/${name}\` ${subcommands.map((each) => `\`${each}\``).join(' ')} · ${description}`,
  )
}

import { never } from '../../core/budget.ts'
import { moment } from '../../core/durations.ts'
import { code, plain } from '../../core/markdown.ts'

/** An account in the list. */
export interface ListedAccount {
  /** What is known of it, in a line. */
  readonly line: string
  readonly name: string
  /** Sessions that use it now. */
  readonly sessions: number
  readonly shared: boolean
  /** Where its login is; null: on the bot's own machine. */
  readonly machines: readonly (string | null)[]
}

/** Nothing, where there is but the bot's own machine. */
function whereOf({ machines }: ListedAccount, own: string): string {
  if (machines.every((each) => each === null)) return ''
  return ` · ${machines.map((each) => (each === null ? own : code(each, 40))).join(', ')}`
}

export const en = {
  groups: { account: 'The logins that agents work with' },
  commands: {
    'account list': { description: 'Show the accounts of the agents, and what they have left', options: {} },
    'account use': {
      description: 'Move the session here to another account, from its next turn on',
      options: { account: 'The account; `default` is the one without a name' },
    },
    'account rest': {
      description: 'Set an account aside: what works goes on, and nothing begins with it',
      options: {
        account: 'The account, with its agent: `claude:team`',
        for: '`90m`, `2h`, `3d`; until `/account unrest` without it',
      },
    },
    'account unrest': {
      description: 'Let an account serve again that was set aside',
      options: { account: 'The account, with its agent: `claude:team`' },
    },
  },
  deeds: {
    'account.list': 'look at the accounts',
    'account.use': 'move sessions to another account',
    'account.rest': 'set accounts aside',
  },
  list: (accounts: readonly ListedAccount[]): string =>
    accounts
      .map((account) => {
        const { line, name, sessions, shared } = account
        const used = sessions === 1 ? '1 session' : `${sessions} sessions`
        return `${line}\n-# ${code(name)}${whereOf(account, "the bot's machine")} · ${used}${shared ? ' · sessions may move' : ''}`
      })
      .join('\n'),
  moved: (session: string, account: string): string =>
    `**${plain(session, 40)}** works with the account ${code(account)} from its next turn on.`,
  rests: (account: string, until: number): string =>
    `⏸ ${code(account)} is set aside ${until === never ? 'until `/account unrest`' : `until ${moment(until, 'f')} (${moment(until, 'R')})`}. What works goes on; nothing begins with it, and what waits keeps its place.`,
  serves: (account: string): string => `✓ ${code(account)} serves again.`,
  /** `line`: what is known of it. */
  stillRests: (account: string, line: string): string => `${code(account)} is no longer set aside.\n${line}`,
  noTime: (typed: string): string =>
    `${code(typed, 40)} is no stretch of time. Write \`90m\`, \`2h\` or \`3d\` (60 days at most), or leave it out.`,
  /** By itself, because the account before rests. */
  movedOn: (session: string, from: string, to: string): string =>
    `The account ${code(from)} rests for now, so **${plain(session, 40)}** goes on with ${code(to)}. \`/account list\` shows what each has left.`,
  alone: (account: string): string =>
    `Sessions may not move to or from ${code(account, 60)}. The operator can allow it with \`share\` in \`OMC_ACCOUNTS_JSON\`.`,
  unknown: (account: string, known: readonly string[]): string =>
    `There is no account ${code(account, 60)} for this agent where it works. There are: ${known.map((each) => code(each)).join(', ')}.`,
}

export const ko: typeof en = {
  groups: { account: '에이전트가 쓰는 계정' },
  commands: {
    'account list': { description: '에이전트 계정과 남은 사용량을 보여 줘요', options: {} },
    'account use': {
      description: '다음 요청부터 이 세션이 다른 계정을 쓰게 해요',
      options: { account: '계정 이름. `default`는 이름 없는 기본 계정이에요' },
    },
    'account rest': {
      description: '계정을 쉬게 해요. 하던 일은 계속하고 새 일은 시작하지 않아요',
      options: {
        account: '에이전트와 계정: `claude:team`',
        for: '`90m`, `2h`, `3d`. 없으면 `/account unrest`까지예요',
      },
    },
    'account unrest': {
      description: '쉬던 계정을 다시 쓰게 해요',
      options: { account: '에이전트와 계정: `claude:team`' },
    },
  },
  deeds: {
    'account.list': '계정을 보는 것',
    'account.use': '세션의 계정을 바꾸는 것',
    'account.rest': '계정을 쉬게 하는 것',
  },
  list: (accounts) =>
    accounts
      .map((account) => {
        const { line, name, sessions, shared } = account
        return `${line}\n-# ${code(name)}${whereOf(account, '봇이 있는 컴퓨터')} · 세션 ${sessions}개${shared ? ' · 세션을 옮길 수 있어요' : ''}`
      })
      .join('\n'),
  rests: (account, until) =>
    `⏸ ${code(account)} 계정을 ${until === never ? '`/account unrest`까지' : `${moment(until, 'f')}(${moment(until, 'R')})까지`} 쉬게 했어요. 하던 일은 계속하고 새 일은 시작하지 않아요. 기다리는 일은 순서를 지켜요.`,
  serves: (account) => `✓ ${code(account)} 계정을 다시 써요.`,
  stillRests: (account, line) => `${code(account)} 계정을 다시 쓰게 했어요.\n${line}`,
  noTime: (typed) =>
    `${code(typed, 40)}은(는) 시간이 아니에요. \`90m\`, \`2h\`, \`3d\`처럼 쓰거나(최대 60일) 비워 두세요.`,
  moved: (session, account) => `**${plain(session, 40)}** 세션은 다음 요청부터 ${code(account)} 계정을 써요.`,
  movedOn: (session, from, to) =>
    `${code(from)} 계정이 지금은 쉬고 있어서 **${plain(session, 40)}** 세션은 ${code(to)} 계정으로 이어서 해요. 남은 사용량은 \`/account list\`에서 볼 수 있어요.`,
  alone: (account) =>
    `${code(account, 60)} 계정은 세션을 옮길 수 없어요. 운영자가 \`OMC_ACCOUNTS_JSON\`의 \`share\`로 허용할 수 있어요.`,
  unknown: (account, known) =>
    `이 에이전트에는 ${code(account, 60)} 계정이 없어요. 있는 계정: ${known.map((each) => code(each)).join(', ')}.`,
}

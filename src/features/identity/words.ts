import { code, plain } from '../../core/markdown.ts'
import type { Identity } from '../../core/identity.ts'
import type { IdentityFault } from './filled.ts'

export const en = {
  groups: { identity: 'Whose commits agents make when you ask them' },
  commands: {
    'identity link': { description: 'Say how you commit, and add tokens for your git servers', options: {} },
    'identity show': { description: 'Show how you commit, and for which servers you have linked a token', options: {} },
    'identity unlink': {
      description: 'Take back a token, or everything that you have linked',
      options: { host: 'The server whose token goes; left out: everything' },
    },
  },
  deeds: { 'identity.link': 'link an identity', identity: 'look at what they have linked' },
  form: {
    title: 'How you commit',
    name: { label: 'Name', placeholder: 'As it stands in your commits' },
    address: { label: 'Address', placeholder: 'you@example.org' },
    tokens: {
      label: 'Git tokens, one a line (may stay empty)',
      placeholder: 'github.com <a token that may do little and ends soon>',
    },
  },
  fault(fault: IdentityFault): string {
    switch (fault.what) {
      case 'name':
        return 'Nothing was linked: the name needs a letter or a digit. Try again with `/identity link`.'
      case 'address':
        return 'Nothing was linked: the address must look like `you@example.org`. Try again with `/identity link`.'
      case 'host':
        return `Nothing was linked: line ${fault.line} of the tokens does not begin with a server. Write \`github.com\`, a blank, and the token.`
      case 'token':
        return `Nothing was linked: behind the server in line ${fault.line} there must be one token, or \`name:token\`.`
      case 'too-many':
        return 'Nothing was linked: at most 20 tokens fit. Leave some out, and try again with `/identity link`.'
    }
  },
  /** `elsewhere`: the machines on which it is not used. */
  linked: (identity: Identity, boxed: boolean, elsewhere: readonly string[]): string =>
    `Linked. ${shownInEnglish(identity)}\nIt holds from your next prompt on. ${boxed ? 'Tokens are only used while an agent works for you, and no agent sees them.' : 'Agents are not boxed on this machine, so tokens are not lent to them: what they commit you push yourself.'}${notInEnglish(elsewhere)}`,
  shown: (identity: Identity, elsewhere: readonly string[]): string =>
    shownInEnglish(identity) + notInEnglish(elsewhere),
  nothing: (name: string, email: string): string =>
    `You have linked nothing. Commits of what you ask for are by ${plain(name, 100)} ${code(email)}, and nothing can be pushed in your name. \`/identity link\` changes that.`,
  unlinked: (hosts: readonly string[]): string =>
    `Taken back: your name, your address${hosts.length === 0 ? '' : ` and the tokens for ${hosts.join(', ')}`}. Whoever gave a token out should end it there, too.`,
  tokenGone: (host: string): string => `The token for ${host} is taken back. End it there, too.`,
  noToken: (host: string): string => `You have linked no token for ${host}. \`/identity show\` lists them.`,
}

function shownInEnglish({ name, email, tokens }: Identity): string {
  const hosts = hostsOf(tokens)
  const servers = hosts.length === 0 ? 'No tokens: nothing can be pushed in your name.' : `Tokens: ${hosts.join(', ')}.`
  return `Your commits: ${plain(name, 100)} ${code(email)}. ${servers}`
}

/** Whoever owns a machine that may use tokens could read them, so the operator names those. */
function notInEnglish(elsewhere: readonly string[]): string {
  if (elsewhere.length === 0) return ''
  return `\nNot on ${namesOf(elsewhere)}: there commits have your Discord name, and no token is used, until the operator allows it (\`OMC_IDENTITY_WORKERS\`).`
}

function namesOf(machines: readonly string[]): string {
  return machines.map((each) => code(each, 40)).join(', ')
}

/** Servers as people write them. */
export function hostsOf(tokens: Identity['tokens']): readonly string[] {
  return Object.keys(tokens)
    .map((origin) => code(origin.replace(/^https:\/\//, '')))
    .sort()
}

export const ko: typeof en = {
  groups: { identity: '요청한 작업의 커밋을 누구 이름으로 남길지' },
  commands: {
    'identity link': { description: '커밋에 쓸 이름과 주소, git 서버 토큰을 등록해요', options: {} },
    'identity show': { description: '등록한 이름과 주소, 토큰이 있는 서버를 보여 줘요', options: {} },
    'identity unlink': {
      description: '토큰 하나 또는 등록한 것을 모두 지워요',
      options: { host: '토큰을 지울 서버. 비워 두면 모두 지워요' },
    },
  },
  deeds: { 'identity.link': '커밋 정보를 등록하는 것', identity: '등록한 커밋 정보를 보는 것' },
  form: {
    title: '커밋 정보',
    name: { label: '이름', placeholder: '커밋에 남을 이름' },
    address: { label: '주소', placeholder: 'you@example.org' },
    tokens: {
      label: 'git 토큰, 한 줄에 하나 (비워도 돼요)',
      placeholder: 'github.com <권한이 작고 곧 만료되는 토큰>',
    },
  },
  fault(fault) {
    switch (fault.what) {
      case 'name':
        return '등록하지 않았어요. 이름에 글자나 숫자가 있어야 해요. `/identity link`로 다시 해 주세요.'
      case 'address':
        return '등록하지 않았어요. 주소는 `you@example.org` 같은 모양이어야 해요. `/identity link`로 다시 해 주세요.'
      case 'host':
        return `등록하지 않았어요. 토큰 ${fault.line}번째 줄이 서버 이름으로 시작하지 않아요. \`github.com\`, 빈칸, 토큰 순서로 써 주세요.`
      case 'token':
        return `등록하지 않았어요. ${fault.line}번째 줄의 서버 뒤에는 토큰 하나나 \`이름:토큰\`이 있어야 해요.`
      case 'too-many':
        return '등록하지 않았어요. 토큰은 20개까지예요. 줄여서 `/identity link`로 다시 해 주세요.'
    }
  },
  linked: (identity, boxed, elsewhere) =>
    `등록했어요. ${shownInKorean(identity)}\n다음 요청부터 적용돼요. ${boxed ? '토큰은 에이전트가 내 요청을 처리하는 동안에만 쓰이고, 에이전트는 볼 수 없어요.' : '이 컴퓨터에서는 에이전트가 격리되어 있지 않아서 토큰을 쓰지 않아요. 커밋은 직접 push해 주세요.'}${notInKorean(elsewhere)}`,
  shown: (identity, elsewhere) => shownInKorean(identity) + notInKorean(elsewhere),
  nothing: (name, email) =>
    `등록한 것이 없어요. 요청한 작업의 커밋은 ${plain(name, 100)} ${code(email)} 이름으로 남고, push는 할 수 없어요. \`/identity link\`로 바꿀 수 있어요.`,
  unlinked: (hosts) =>
    `이름과 주소${hosts.length === 0 ? '' : `, 그리고 ${hosts.join(', ')} 토큰`}을 지웠어요. 토큰을 발급한 서버에서도 폐기해 주세요.`,
  tokenGone: (host) => `${host} 토큰을 지웠어요. 그 서버에서도 폐기해 주세요.`,
  noToken: (host) => `${host} 토큰은 등록되어 있지 않아요. \`/identity show\`로 볼 수 있어요.`,
}

function shownInKorean({ name, email, tokens }: Identity): string {
  const hosts = hostsOf(tokens)
  const servers = hosts.length === 0 ? '토큰이 없어서 push는 할 수 없어요.' : `토큰: ${hosts.join(', ')}.`
  return `커밋 정보: ${plain(name, 100)} ${code(email)}. ${servers}`
}

function notInKorean(elsewhere: readonly string[]): string {
  if (elsewhere.length === 0) return ''
  return `\n${namesOf(elsewhere)} 컴퓨터에는 적용되지 않아요. 운영자가 \`OMC_IDENTITY_WORKERS\`로 허용하기 전까지 커밋은 Discord 이름으로 남고 토큰을 쓰지 않아요.`
}

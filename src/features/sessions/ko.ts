import { code, plain } from '../../core/markdown.ts'
import { folder } from '../../core/paths.ts'
import type { Worktree } from '../../core/session.ts'
import type { Remains } from '../../core/work.ts'
import type { english } from './en.ts'
import { sessionLine } from './list.ts'
import type { Ended } from './service.ts'

/** Sessions in Korean. `home` is the folder that paths are shown relative to. */
export const korean: typeof english = (home) => ({
  groups: { session: '코딩 에이전트와 함께 쓰는 세션' },
  commands: {
    'session start': {
      description: '여기에서 코딩 에이전트 세션을 시작해요',
      options: {
        name: '짧은 이름: 글자, 숫자, -, _',
        runtime: '여기에서 일할 에이전트',
        workdir: '작업할 폴더',
        model: '사용할 모델. 비워 두면 에이전트가 정해요',
        account: '사용할 계정. 비워 두면 기본 계정을 써요',
        worktree: 'git 저장소에서 브랜치를 따로 만들어 작업할지(기본), 폴더에서 바로 작업할지',
        trust: '저장소의 훅, 도구, 설정을 실행해도 되는지 (owner만)',
        worker: '작업할 컴퓨터. `/workers`에서 볼 수 있어요',
      },
    },
    'session stop': { description: '여기의 세션을 끝내요. 폴더는 그대로 남아요', options: {} },
    'session list': { description: '모든 세션을 보여 줘요: 하는 일, 장소, 주인', options: {} },
    resume: { description: '멈췄거나 실패한 곳부터 이어서 해요', options: {} },
    attach: {
      description: '다른 곳의 세션과 여기에서 이야기해요',
      options: { session: '세션 이름 또는 세션이 있는 스레드' },
    },
    cd: { description: '여기의 세션이 작업할 폴더를 바꿔요', options: { path: '폴더' } },
    model: { description: '여기의 세션이 쓸 모델을 바꿔요', options: { name: '모델' } },
  },
  deeds: {
    'session.start': '세션을 시작하는 것',
    'session.stop': '세션을 끝내는 것',
    'session.list': '세션 목록을 보는 것',
    'session.change': '세션의 폴더나 모델을 바꾸는 것',
    'session.attach': '세션에 이곳을 연결하는 것',
    'session.resume': '작업을 이어 가는 것',
    'session.trust': '저장소를 신뢰하는 것',
  },
  started(session, runtimeTitle, { takenUp, emptySubmodules, boxed, isLent }, where) {
    const model = session.model === null ? '' : ` · ${code(session.model, 60)}`
    const begin =
      session.place.kind === 'channel'
        ? '여기에 바로 쓰면 시작해요. 다른 분들은 저를 멘션하거나 제 메시지에 답장해 주세요.'
        : '여기에 바로 쓰면 시작해요.'
    return [
      `**${plain(session.name)}** · ${plain(runtimeTitle)}${model}`,
      where,
      ...(takenUp ? ['같은 이름의 이전 세션이 남긴 작업이 그대로 있어요.'] : []),
      ...(emptySubmodules.length > 0
        ? [`저장소에 아직 받아 두지 않은 서브모듈은 비어 있어요: ${folders(emptySubmodules)}`]
        : []),
      ...(session.worktree === null
        ? [
            '쓰는 것은 바로 그 폴더에 남아요. 훅, CI, 에이전트 지침처럼 나중에 다른 프로그램이 따르는 파일도요. 그런 파일은 작업이 끝나면 알려 드려요.',
          ]
        : []),
      ...(session.trusted
        ? ['신뢰하는 저장소예요. 수정 권한이 있는 사람에게는 저장소의 훅, 도구, 설정이 실행될 수 있어요.']
        : []),
      ...(boxed
        ? []
        : [
            '⚠ 이 컴퓨터에서는 에이전트를 격리할 수 없어서 명령을 실행하기 전에 확인을 받고, guest의 요청에는 도구를 쓰지 않아요. 이유는 `/health`에 있어요.',
          ]),
      ...(isLent
        ? []
        : [
            '이 컴퓨터에서는 `/identity`로 등록한 이름과 토큰을 쓰지 않아요. 커밋은 요청한 사람의 Discord 이름으로 남고, push는 직접 해 주세요. 운영자가 허용할 수 있어요(`OMC_IDENTITY_WORKERS`).',
          ]),
      `${begin} \`/cancel\`은 진행 중인 작업을 멈추고, \`/session stop\`은 세션을 끝내요.`,
    ].join('\n')
  },
  ended: (ended) => sessionEnded(ended, home),
  listHead: ({ count, page, pages }) =>
    count === 0
      ? '열려 있는 세션이 없어요. `/session start`로 시작해 보세요.'
      : `**세션 ${count}개**${pages === 1 ? '' : ` · ${pages}쪽 중 ${page}쪽`}`,
  listed: (overview, now, { states, whereabouts }) =>
    sessionLine(overview, now, {
      whereabouts,
      state: states,
      idle: '쉬는 중',
      directMessage: 'DM',
      itself: '브랜치 없음',
      waiting: (count) => `${count}개 대기`,
    }),
  moved: ({ session, left: behind, trustEnded }, where) =>
    `**${plain(session.name)}** 세션은 다음 메시지부터 ${where}에서 작업해요.` +
    (trustEnded ? '\n그곳은 신뢰하는 저장소가 아니에요. 저장소의 훅, 도구, 설정은 실행되지 않아요.' : '') +
    (behind === null ? '' : `\n${left(behind.worktree, behind.remains, home)}`),
  notInstalled: (title) => `${title} (설치되지 않음)`,
  remodelled: ({ name, model }) =>
    `**${plain(name)}** 세션은 다음 메시지부터 ${model === null ? '기본 모델' : code(model, 60)} 모델을 써요.`,
  attached: ({ name, place }) =>
    `여기에 쓴 메시지는 **${plain(name)}** 세션(<#${place.id}>)으로 가고, 답은 여기로 와요. ` +
    '`/session stop`으로 연결을 풀 수 있어요.',
  resumed: ({ name }) => `**${plain(name)}** 세션이 하던 일을 이어서 해요.`,
})

function sessionEnded({ session, name: called, remains, detached }: Ended, home: string | null): string {
  const name = called === null ? '그' : `**${plain(called)}**`
  if (detached) return `■ 이제 여기는 ${name} 세션과 이어져 있지 않아요. 세션은 원래 있던 곳에서 계속돼요.`
  const { worktree } = session
  const stays =
    worktree === null || remains === null
      ? `${folder(session.workdir, home)} 폴더는 그대로 있어요.`
      : left(worktree, remains, home)
  return `■ ${name} 세션이 끝났어요. ${stays} \`/session start\`로 새로 시작할 수 있어요.`
}

const folders = (paths: readonly string[]): string =>
  paths
    .slice(0, 5)
    .map((path) => code(path, 80))
    .join(', ') + (paths.length > 5 ? ', …' : '')

const reasons = {
  uncommitted: '커밋하지 않은 작업이',
  unmerged: '아직 병합하지 않은 커밋이',
  unfinished: '끝나지 않은 병합이나 리베이스가',
  stashed: 'stash에 넣어 둔 변경이',
  unknown: '확인하지 못한 것이',
}

function left(worktree: Worktree, remains: Remains, home: string | null): string {
  if (remains.kind === 'removed') return '한 일이 모두 병합되어 있어서 워크트리와 브랜치를 지웠어요.'
  if (remains.kind === 'gone') return `워크트리는 이미 없고, ${code(worktree.branch, 80)} 브랜치는 남아 있어요.`
  return (
    `워크트리에 ${reasons[remains.why]} 있어서 남겨 두었어요: ${folder(worktree.folder, home)} · ` +
    `${code(worktree.branch, 80)} 브랜치. 같은 이름으로 세션을 시작하면 이어서 쓸 수 있어요.`
  )
}

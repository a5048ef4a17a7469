import { grantorIn } from '../core/consent.ts'
import { branchHeld, branchLeft, branchOver, obeyedChanged } from './branches-ko.ts'
import { approvalsInKorean } from './approvals-ko.ts'
import type { LinePlace } from '../core/chat.ts'
import type { Refusal } from '../core/failure.ts'
import type { State } from '../core/lifecycle.ts'
import type { Session } from '../core/session.ts'
import type { Phrases } from '../core/phrases.ts'
import type { ActionName, Tier } from '../core/right.ts'
import { boardText } from './board-lines.ts'
import { bytes, exact } from '../core/figures.ts'
import { jump } from '../core/jump.ts'
import { tierEnding } from '../core/particle.ts'
import { code, plain } from '../core/markdown.ts'
import { folder, folders } from '../core/paths.ts'
import { koreanInbox } from './inbox-ko.ts'
import { messagesInKorean } from './messages-ko.ts'
import { refuseSession } from './session-refusals-ko.ts'
import { quotaInKorean, accountInKorean, heldInKorean, parkedInKorean } from './quota-ko.ts'
import { toolName } from './tool-names.ts'
import { forgottenInKorean, lasting, noticeInKorean, troubleInKorean } from './troubles-ko.ts'
import { overLine, stepLine, workingLine, type RunWords } from './run-line.ts'

const states: Readonly<Record<State, string>> = {
  new: '접수',
  waiting: '대기 중',
  starting: '시작하는 중',
  running: '작업 중',
  asking: '답변을 기다리는 중',
  parked: '한도 대기',
  stopping: '멈추는 중',
  over: '완료',
}

/** Korean, in the polite 해요체. `home` is the folder that paths are shown relative to; null: shown whole. `deed` says what an action is. */
export function korean(home: string | null, deed: (action: ActionName) => string): Phrases {
  const words: RunWords = {
    state: states,
    tool: (name) => toolName(name, 'ko'),
    failed: '실패',
    steps: (count) => `${exact(count)}단계`,
    tokens: (count) => `${count} 토큰`,
    stopped: (by, after) => `${by === null ? '' : `@${plain(by, 60)} 님이 `}${after} 만에 멈췄어요`,
    takenBack: (by) => `${by === null ? '' : `@${plain(by, 60)} 님이 `}시작하기 전에 요청을 취소했어요.`,
    stays: '그때까지 한 작업은 `/diff`로 볼 수 있어요.',
    trouble: troubleInKorean,
    refusal: (refusal) => refuse(refusal, home, deed),
  }
  return {
    locale: 'ko',
    refusal: (refusal) => refuse(refusal, home, deed),
    trouble: troubleInKorean,
    states,
    whereabouts: (session) => whereabouts(session, home),
    forgotten: (why) => forgottenInKorean[why],
    notice: noticeInKorean,
    quota: quotaInKorean,
    parked: (hold, line) => parkedInKorean(hold, line?.held ?? null),
    account: accountInKorean,
    waiting: (line) => (line.held === null && !line.frozen ? `● 대기 중 · ${stands(line)}` : `⏸ ${stands(line)}`),
    working: (view, now) => workingLine(view, now, words),
    over: (view) => overLine(view, words),
    step: (tool, title, failed) => stepLine(tool, title, failed, words),
    moreSteps: (count) => `그 밖에 ${count}개`,
    restInFile: (file) => `나머지는 ${code(file)} 파일에 있어요.`,
    wasAway: (ms, messages) =>
      `${lasting(ms)} 동안 자리를 비웠어요. 그동안 온 메시지 ${messages}개를 지금 처리하고 있어요.`,
    leftAlone: (place, message, tier) => {
      const what = `<#${place.id}>에 쓴 메시지는 전하지 않았어요.`
      const why =
        tier === 'blocked'
          ? '그곳에서는 차단되어 있어요. 잘못된 것 같으면 owner에게 말씀해 주세요.'
          : '그곳에서는 에이전트에게 요청할 수 없어요. owner가 `/permission set`으로 바꿀 수 있어요.'
      return `${what} ${why} ${jump(place, message, '바로 가기')}`
    },
    leftAloneForAll: () => '이 메시지는 전하지 않았어요. 이유는 쓴 사람만 `/why`로 볼 수 있어요.',
    board: (lines, guild) =>
      boardText(lines, guild, {
        title: '**현황판** · 이 채널에서 진행, 대기, 질문 중인 작업',
        nothing: '✓ 진행하거나 대기하는 작업이 없어요.',
        state: states,
        show: '보기',
        more: (count) => `그 밖에 ${count}개`,
      }),
    channelNotice: ({ listen, includeBystanders }) =>
      includeBystanders
        ? '이 채널에 쓴 글은 에이전트에게 전해질 수 있어요. 운영자가 그렇게 설정했어요. ' +
          `${listen === 'all' ? '모든 메시지가 요청이 돼요.' : '요청하려면 저를 멘션하거나 제 메시지에 답장해 주세요.'} ` +
          '따로 이야기하려면 다른 채널이나 스레드를 써 주세요.'
        : {
            mention: '이 채널에서는 저를 멘션하거나 제 메시지에 답장한 글만 읽어요.',
            starter: '이 채널에서는 저를 멘션하거나 제 메시지에 답장한 글, 그리고 세션을 시작한 사람의 글만 읽어요.',
            all: '이 채널에서는 다른 사람에게 보낸 답장을 뺀 모든 글을 읽어요.',
          }[listen] + ' 나머지는 여러분끼리의 이야기로 남아요.',
    noSessionHere: () => '여기에는 아직 세션이 없어요. `/session start`로 시작해 보세요.',
    machineAway: (machine) =>
      `⚠ 이 작업을 하던 ${plain(machine, 40)} 컴퓨터가 응답하지 않아요. 잃어버린 것은 없어요. 돌아오면 이어서 할게요. ` +
      '`/workers`에서 상태를 볼 수 있어요.',
    machineDropped: (session, machine, by) =>
      `■ **${plain(session, 40)}** 세션이 끝났어요. ${plain(by, 40)} 님이 ${plain(machine, 40)} 컴퓨터를 포기했어요. 그동안 한 일은 그 컴퓨터에만 남아 있어요. ` +
      '`/session start`로 새로 시작할 수 있어요.',
    branchLeft: (session, worktree, left) => branchLeft(session, worktree, left, home),
    branchHeld,
    branchOver,
    obeyedChanged: (session, found) => obeyedChanged(session, found, home),
    internalError: () =>
      '제 쪽에서 문제가 생겨 처리하지 못했어요. 다시 시도해 보고, 계속되면 운영자에게 알려 주세요. 원인은 로그에 있어요.',
    approvals: approvalsInKorean(home),
    deed,
    stands,
    messages: messagesInKorean,
    inbox: koreanInbox,
    buttons: {
      stop: '멈추기',
      steer: '덧붙이기',
      takeOver: '들이기',
      withdraw: '요청 취소',
      why: '왜 안 되나요?',
      previous: '‹ 이전',
      next: '다음 ›',
    },
  }
}

function stands({ place, expectedMs, atWork, cap, held, frozen }: LinePlace): string {
  if (frozen) return `모두 멈춰 있어요 · ${place}번째 자리는 그대로예요`
  if (held !== null) return heldInKorean(held)
  const expected = expectedMs === null ? '' : ` · 약 ${lasting(expectedMs)}`
  const own = atWork === 0 ? '' : ` · 여기에서 ${cap}개 중 ${atWork}개가 진행 중`
  return `${place}번째${expected}${own}`
}

/** How a no begins: what the person is here. */
const standings: Readonly<Record<Exclude<Tier, 'blocked'>, string>> = {
  public: '여기에서는 아직 등급이 없어요.',
  guest: '여기에서는 guest예요.',
  member: '여기에서는 member예요.',
  owner: '여기에서는 owner예요.',
}

const verdicts = { approve: '승인했어요', deny: '거절했어요', reply: '답했어요' } as const

/** Why an approval needs no answer any more. */
const overs: Readonly<Record<Extract<Refusal, { code: 'approval-over' }>['why'], string>> = {
  withdrawn: '에이전트가 질문을 거두어서 답하지 않아도 돼요. 더 할 일이 있으면 다시 써 주세요.',
  stopped: '작업을 멈춰서 답하지 않아도 돼요. 이어서 하려면 다시 써 주세요.',
  ended: '작업이 끝나서 답하지 않아도 돼요. 이어서 하려면 다시 써 주세요.',
  lost: '답하기 전에 에이전트 프로세스가 끝났어요. 아직 필요하면 에이전트가 다시 물어봐요. 묻지 않으면 에이전트에게 써 주세요.',
  unknown: '이제는 알 수 없는 질문이에요. 에이전트에게 다시 요청해 주세요.',
}

function refuse(refusal: Refusal, home: string | null, deed: (action: ActionName) => string): string {
  switch (refusal.code) {
    case 'not-allowed':
      return notAllowed(refusal, deed(refusal.action))
    case 'no-session':
      return '여기에는 세션이 없어요. `/session start`로 시작해 보세요.'
    case 'session-exists':
      return (
        `여기에는 이미 ${refusal.name === null ? '' : `**${plain(refusal.name)}** `}세션이 열려 있어요. ` +
        '이어서 쓰거나, 먼저 `/session stop`으로 끝내 주세요.'
      )
    case 'name-taken':
      return (
        `**${plain(refusal.name)}** 이름은 다른 세션이 쓰고 있어요. ` +
        '다른 이름을 골라 주세요. 쓰고 있는 이름은 `/session list`에서 볼 수 있어요.'
      )
    case 'name-invalid':
      return (
        `${code(refusal.name, 60) || '빈 이름'}: 세션 이름으로 쓸 수 없어요. 글자나 숫자로 시작해서 ` +
        '글자, 숫자, `-`, `_`로 32자 안에서 지어 주세요. 예: `shop-2`'
      )
    case 'model-invalid':
      return `${code(refusal.model, 60) || '빈 이름'}: 모델 이름으로 쓸 수 없어요. 에이전트가 아는 이름을 한 단어로 적어 주세요. 예: \`opus\``
    case 'workdir-outside':
      return (
        `${folder(refusal.path, home)}: 제가 작업할 수 있는 폴더가 아니에요. ` +
        `${folders(refusal.roots, home, (count) => `외 ${count}곳`)} 안에서 고르거나, ` +
        '운영자에게 `OMC_PROJECT_ROOTS`에 추가해 달라고 해 주세요.'
      )
    case 'workdir-missing':
      return (
        `${folder(refusal.path, home)} 폴더가 없어요. ` +
        '경로를 다시 확인해 주세요. `workdir`에 입력하면 있는 폴더를 추천해 줘요.'
      )
    case 'runtime-unknown':
      return `${code(refusal.runtime, 60)}: 모르는 에이전트예요. ${list(refusal.known)} 중에서 골라 주세요.`
    case 'account-unknown':
      return `${code(refusal.account, 60)}: 이 에이전트에 없는 계정이에요. ${list(refusal.known)} 중에서 골라 주세요.`
    case 'machine-unknown':
      return refusal.known.length === 0
        ? `${code(refusal.machine, 60)}: 없는 컴퓨터예요. 에이전트는 봇이 있는 컴퓨터에서만 일해요. \`worker\`를 빼 주세요.`
        : `${code(refusal.machine, 60)}: 없는 컴퓨터예요. ${list(refusal.known)} 중에서 골라 주세요.`
    case 'machine-away':
      return (
        `${code(refusal.machine, 60)} 컴퓨터가 응답하지 않아서 아무것도 바꾸지 않았어요. 돌아오면 다시 시도해 주세요. ` +
        '`/workers`에서 상태를 볼 수 있어요.'
      )
    case 'machine-draining':
      return `${code(refusal.machine, 60)} 컴퓨터는 지금 새 작업을 받지 않아요. \`/workers\`를 보고 다른 컴퓨터를 골라 주세요.`
    case 'machine-none':
      return (
        `지금 ${code(refusal.runtime, 60)} 세션을 받을 수 있는 컴퓨터가 없어요. \`/workers\`에서 상태를 볼 수 있어요. ` +
        '다른 에이전트를 고르거나 운영자에게 물어봐 주세요.'
      )
    case 'runtime-unavailable':
      return (
        `지금 이 컴퓨터에서는 ${code(refusal.runtime, 60)} 에이전트를 쓸 수 없어요: ${plain(refusal.detail, 500)}\n` +
        '다른 에이전트를 고르거나 운영자에게 물어봐 주세요.'
      )
    case 'queue-full':
      return (
        `대기열이 가득 찼어요. 최대 ${refusal.cap}개까지 기다릴 수 있는데 지금 ${refusal.waiting}개가 기다리고 있어요. ` +
        '몇 분 뒤에 다시 보내거나, 기다리는 요청을 `/cancel`로 취소해 주세요.'
      )
    case 'person-queue-full':
      return (
        `이 채널에서 이미 ${refusal.active}개가 진행 중이고 ${refusal.waiting}개가 기다리고 있어요. ` +
        `한 사람당 ${refusal.cap}개까지 기다릴 수 있어요. 하나가 끝난 뒤 다시 보내거나 \`/cancel\`로 취소해 주세요.`
      )
    case 'nothing-to-stop':
      return '여기에는 진행 중이거나 기다리는 작업이 없어요. 다른 곳의 작업은 `/session list`에서 볼 수 있어요.'
    case 'not-waiting':
      return '그 요청은 더 이상 기다리고 있지 않아요. 이미 시작했거나 끝났어요. 진행 중인 작업은 `/session list`에서 볼 수 있어요.'
    case 'prompt-empty':
      return '에이전트에게 전할 글이 없는 메시지예요. 원하는 것을 글로 써 주세요.'
    case 'prompt-too-long':
      return (
        `메시지가 ${exact(refusal.length)}자라 한도인 ${exact(refusal.limit)}자를 넘어요. ` +
        '나눠서 보내거나 파일로 붙여 주세요.'
      )
    case 'skill-unknown':
      return refusal.known.length === 0
        ? `여기에는 ${code(refusal.skill, 70)} 스킬이 없어요. 작업 폴더에 \`skills/<이름>.md\` 파일을 만들어 주세요.`
        : `여기에는 ${code(refusal.skill, 70)} 스킬이 없어요. ${list(refusal.known)} 중에서 골라 주세요.`
    case 'attachments-many':
      return `파일이 ${refusal.count}개인데, ${refusal.limit}개까지만 받을 수 있어요. 줄여서 다시 보내 주세요.`
    case 'attachment-large':
      return (
        `${code(refusal.name, 100)} 파일이 ${bytes(refusal.limit)}보다 커서 에이전트에게 전하지 않았어요. ` +
        '더 작은 파일로 다시 보내거나 작업 폴더에 넣어 주세요.'
      )
    case 'attachment-unsuitable':
      return (
        `${code(refusal.name, 100)} 파일은 에이전트가 읽을 수 없는 종류라서 전하지 않았어요. ` +
        '그림(PNG, JPEG, GIF, WebP), PDF, 텍스트, ZIP만 붙여서 다시 보내 주세요.'
      )
    case 'attachment-unread':
      return (
        `${code(refusal.name, 100)} 파일을 Discord에서 가져오지 못해 에이전트에게 전하지 않았어요. ` +
        '파일과 함께 메시지를 다시 보내 주세요.'
      )
    case 'attachment-not-kept':
      return (
        `${code(refusal.name, 100)} 파일을 이 컴퓨터에 저장하지 못해 에이전트에게 전하지 않았어요. ` +
        '나중에 다시 보내 주시고, 디스크가 가득 찼을 수 있으니 운영자에게 알려 주세요.'
      )
    case 'place-unsupported':
      return '여기에서는 쓸 수 없는 기능이에요. 서버의 텍스트 채널이나 스레드에서 써 주세요.'
    case 'owner-by-configuration':
      return (
        `<@${refusal.person}> 님은 운영자 설정에 따라 owner예요. 여기에서 주는 등급으로는 바꿀 수 없어요. ` +
        '`OMC_OWNER_ROLE_ID`나 `OMC_OWNER_USER_ID`를 바꿔 달라고 운영자에게 말씀해 주세요.'
      )
    case 'scope-too-wide':
      return (
        `여기에서는 owner이지만 ${refusal.scope === 'global' ? '모든 곳에서' : '채널 전체에서'} owner인 것은 아니에요. ` +
        '그곳의 owner에게 부탁하거나, 명령에 `scope`가 있으면 더 좁은 것을 골라 주세요.'
      )
    case 'action-unknown':
      return `${code(refusal.action, 60)}: 모르는 동작이에요. \`/why\`가 추천하는 것 중에서 골라 주세요.`
    case 'expired':
      return `${lasting(refusal.waitedMs)} 동안 기다려서, 기다릴 수 있는 시간을 넘겼어요. 대기열에서 뺐으니 다시 보내 주세요.`
    case 'steer-above':
      return (
        `지금 진행 중인 작업은 ${refusal.needs} 권한으로 움직이는데 여기에서는 ${refusal.tier}${tierEnding(refusal.tier, 'because')} 말을 덧붙일 수 없어요. ` +
        '대신 메시지로 써 주세요. 차례가 되면 본인의 권한으로 실행돼요.'
      )
    case 'draining':
      return '곧 다시 시작할 예정이라 요청을 받지 않았어요. 잠시 뒤에 다시 보내 주세요.'
    case 'worktree-failed':
    case 'folder-taken':
    case 'program-folder':
    case 'folder-too-wide':
    case 'no-repository':
    case 'git-failed':
    case 'session-busy':
    case 'nothing-to-resume':
    case 'session-unknown':
    case 'attached-ended':
    case 'nothing-to-export':
      return refuseSession(refusal, home)
    case 'option-missing':
      return `${code(refusal.option, 60)} 옵션이 빠졌어요. 채워서 명령을 다시 실행해 주세요.`
    case 'person-is-app':
      return `**${plain(refusal.name, 60)}**: 사람이 아니라 앱이에요. 앱의 말은 듣지 않으니 사람을 골라 주세요.`
    case 'approval-not-yours':
      return refusal.speaker === null
        ? 'owner만 답할 수 있어요. owner에게 봐 달라고 해 주세요.'
        : `@${plain(refusal.speaker, 60)} 님이나 owner만 답할 수 있어요. 그분들께 봐 달라고 해 주세요.`
    case 'approval-answered':
      return refusal.by === null
        ? '제때 답이 없어서 거절한 것으로 했어요. 아직 필요하면 에이전트에게 다시 요청해 주세요.'
        : `@${plain(grantorIn(refusal.by) ?? refusal.by, 60)} 님이 먼저 ${verdicts[refusal.verdict]}. ` +
            '바꾸고 싶으면 에이전트에게 써 주세요.'
    case 'approvals-not-all-yours':
      return (
        `${refusal.of}개 가운데 ${refusal.count}개는 답할 수 없는 요청이라 아무것도 정하지 않았어요. ` +
        '나머지는 하나씩 골라 답하거나, owner에게 봐 달라고 해 주세요.'
      )
    case 'approval-changed':
      return `물어본 뒤에 바뀐 파일이 있어서 아직 승인하지 않았어요: ${list(refusal.files)}. 살펴보고 다시 눌러 주세요.`
    case 'approval-over':
      return overs[refusal.why]
    case 'answer-missing':
      return `${refusal.question === '' ? '답' : `“${plain(refusal.question, 200)}”에 대한 답`}이 아직 없어요. 고른 다음에 보내기를 눌러 주세요.`
  }
}

function notAllowed({ tier, needs }: Extract<Refusal, { code: 'not-allowed' }>, deed: string): string {
  if (tier === 'blocked')
    return `여기에서는 차단되어 있어서 ${deed}도 할 수 없어요. 잘못된 것 같으면 owner에게 말씀해 주세요.`
  const said = `${standings[tier]} 여기에서 ${deed}은 ${needs === 'owner' ? 'owner만' : `${needs} 이상만`} 할 수 있어요.`
  return `${said} owner가 \`/permission set\`으로 바꿀 수 있어요.`
}

function list(names: readonly string[]): string {
  return (
    names
      .slice(0, 10)
      .map((name) => code(name, 60))
      .join(', ') || '다른 에이전트'
  )
}

/** Where a session works. */
function whereabouts({ workdir, worktree, worker }: Session, home: string | null): string {
  const machine = worker === null ? '' : ` · ${code(worker, 40)} 컴퓨터`
  if (worktree === null) return `${folder(workdir, home)}${machine}`
  const inside = workdir.slice(worktree.folder.length)
  return `${folder(worktree.repository + inside, home)} · ${code(worktree.branch, 80)} 브랜치${machine}`
}

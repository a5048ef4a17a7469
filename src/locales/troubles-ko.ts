import type { CliNotice } from '../core/event.ts'
import { moment, roughly } from '../core/durations.ts'
import type { Trouble } from '../core/failure.ts'
import { tierEnding } from '../core/particle.ts'
import { code, plain } from '../core/markdown.ts'
import { reaches } from '../core/right.ts'
import { quotaEndedInKorean, quotaFullInKorean, servicesInKorean } from './quota-ko.ts'

/** Why a run ended without its answer, in polite Korean. */
export function troubleInKorean(trouble: Trouble): string {
  switch (trouble.code) {
    case 'start-failed':
      return `에이전트를 시작하지 못했어요${because(trouble.detail)} 다시 써서 시도해 보세요. 자세한 내용은 운영자가 로그에서 볼 수 있어요.`
    case 'beyond-roots':
      return (
        `아무것도 시작하지 않았어요. 이 세션의 컴퓨터에서 작업할 수 있는 폴더 안에 있지 않아요: ${code(trouble.folder, 200)} ` +
        '운영자가 그 컴퓨터의 OMC_PROJECT_ROOTS에 추가할 수 있어요. `/session start`로 다른 곳에서 새 세션을 시작해도 돼요.'
      )
    case 'process-died':
      return (
        `에이전트 프로세스가 예기치 않게 끝났어요${because(trouble.detail)} ` +
        '그때까지 한 작업은 남아 있어요. 다시 쓰면 거기서부터 이어서 해요.'
      )
    case 'machine-dropped':
      return (
        `owner가 이 세션이 있던 ${plain(trouble.machine, 40)} 컴퓨터를 포기했어요. 그동안 한 일은 그 컴퓨터에만 남아 있어요. ` +
        '`/session start`로 다른 컴퓨터에서 새 세션을 시작해 주세요.'
      )
    case 'auth-failed':
      return (
        `에이전트 로그인이 거부됐어요${because(trouble.detail)} ` +
        '운영자가 봇 컴퓨터에서 다시 로그인한 뒤에 요청을 다시 보내 주세요.'
      )
    case 'rate-limited':
      return trouble.until === null
        ? `에이전트 계정이 사용 한도에 도달했어요${because(trouble.detail)} 나중에 요청을 다시 보내 주세요.`
        : `에이전트 계정이 사용 한도에 도달했어요. ${moment(trouble.until, 't')}(${moment(trouble.until, 'R')})에 ` +
            '풀리니 그때 요청을 다시 보내 주세요.'
    case 'quota-full':
      return quotaFullInKorean(trouble.until, because(trouble.detail))
    case 'quota-ended':
      return quotaEndedInKorean(because(trouble.detail))
    case 'model-failed':
      return (
        `모델이 답하지 못했어요${trouble.status === null ? '' : ` (상태 ${trouble.status})`}${because(trouble.detail)} ` +
        '요청을 다시 보내 보고, 계속되면 운영자에게 알려 주세요.'
      )
    case 'service-busy':
      return (
        `${servicesInKorean[trouble.why]} 한동안 다시 시도했지만 나아지지 않았어요${because(trouble.detail)} ` +
        '그때까지 한 작업은 남아 있어요. 나중에 `/resume`으로 이어서 할 수 있어요.'
      )
    case 'context-full':
      return (
        `요청과 파일이 모델이 한 번에 받을 수 있는 양을 넘어요${because(trouble.detail)} ` +
        '나눠서 보내거나 작업 폴더의 파일에 넣어 주세요.'
      )
    case 'too-large':
      return `파일이나 그림이 모델이 받을 수 있는 크기를 넘어요${because(trouble.detail)} 더 작게 다시 보내거나 작업 폴더에 넣어 주세요.`
    case 'model-declined':
      return `모델이 이 요청에는 답하지 않아요${because(trouble.detail)} 다르게 표현하거나 \`/model\`로 다른 모델을 골라 주세요.`
    case 'model-unknown':
      return `에이전트 계정에서 쓸 수 없는 모델이에요${because(trouble.detail)} \`/model\`로 다른 모델을 고른 뒤 요청을 다시 보내 주세요.`
    case 'turn-limit':
      return `에이전트가 자체 제한 때문에 작업을 끝냈어요${because(trouble.detail)} 그때까지 한 작업은 남아 있어요. \`/resume\`으로 이어서 할 수 있어요.`
    case 'conversation-gone':
      return (
        '에이전트의 이전 대화가 남아 있지 않아요. 파일은 그대로예요. ' +
        '`/session stop` 뒤에 `/session start`로 새로 시작해 주세요.'
      )
    case 'silent':
      return (
        `에이전트가 ${lasting(trouble.seconds * 1000)} 동안 아무 반응이 없어서 멈췄어요. ` +
        '그때까지 한 작업은 남아 있어요. 다시 쓰면 이어서 해요.'
      )
    case 'flooded':
      return '에이전트가 제가 처리할 수 있는 양보다 많이 출력해서 멈췄어요. 더 작게 나눠 요청하거나 결과를 파일로 달라고 해 주세요.'
    case 'rights-changed':
      return (
        `요청할 때는 ${trouble.was}${tierEnding(trouble.was, 'was')} 지금은 ${trouble.now}${tierEnding(trouble.now, 'because')} 시작하지 않았어요. ` +
        (reaches(trouble.now, 'guest')
          ? '지금 권한으로 하려면 다시 보내 주세요.'
          : '잘못된 것 같으면 owner에게 말씀해 주세요.')
      )
    case 'lost-too-often':
      return (
        `이 요청을 처리하다가 에이전트 프로세스가 ${trouble.times}번 사라져서 그만뒀어요. ` +
        '그때까지 한 작업은 남아 있어요. 더 작게 나눠 다시 요청하고 운영자에게 알려 주세요.'
      )
  }
}

/** The CLI's own word in code marks, closing the sentence. */
function because(detail: string): string {
  const said = code(detail, 300)
  return said === '' ? '.' : `: ${said}.`
}

/** What a CLI says of itself, in one line of the card. */
export function noticeInKorean(notice: CliNotice): string {
  switch (notice.kind) {
    case 'retrying':
      return `⏸ ${servicesInKorean[notice.why]} 에이전트가 다시 시도하고 있어요.`
    case 'compacting':
      return '대화가 길어져서 에이전트가 요약하고 있어요.'
    case 'compacted':
      return '대화가 길어져서 에이전트가 요약했어요.'
    case 'model-changed':
      return `모델이 바뀌었어요: ${code(notice.from, 60)} → ${code(notice.to, 60)}`
  }
}

/** Why a new conversation was begun, in one line of the card. */
export const forgottenInKorean: Readonly<Record<'lost' | 'full', string>> = {
  lost: '에이전트가 이전 대화를 찾지 못해서, 짧은 요약과 함께 새 대화를 시작했어요.',
  full: '대화가 모델이 받을 수 있는 길이를 넘어서, 짧은 요약과 함께 새 대화를 시작했어요.',
}

/** A span of time as people say it. */
export function lasting(ms: number): string {
  const { count, unit } = roughly(ms)
  return `${count}${{ seconds: '초', minutes: '분', hours: '시간' }[unit]}`
}

import type { MessagePhrases } from '../core/message-phrases.ts'
import type { Place } from '../core/place.ts'
import { plain } from '../core/markdown.ts'

export const messagesInKorean: MessagePhrases = {
  refusedInFile: () => '답변을 썼지만 Discord가 표시를 거부했어요. 대신 파일로 올려요.',
  refused: () => '여기에 글을 썼지만 Discord가 표시를 거부했어요.',
  answerShutOut: (session, place, over) => {
    const state = over ? '답변이 준비됐지만' : '답변을 쓰고 있지만'
    return `**${plain(session)}** 세션의 ${state}, 지금은 제가 ${named(place)}에 글을 쓸 수 없어요. 쓸 수 있게 되면 바로 올릴게요.`
  },
  approvalShutOut: (session, place) =>
    `**${plain(session)}** 세션을 계속하려면 답이 필요하지만, 지금은 제가 ${named(place)}에 글을 쓸 수 없어요. 쓸 수 있게 되면 거기에서 바로 물어볼게요.`,
  secretsHidden: (count) => `⚠ 이 답변에서 비밀 정보 ${count}개를 가렸어요(•••).`,
  secretsFound: (place, kinds) =>
    `⚠ 비밀 정보로 보이는 내용(${kinds.join(', ')})이 ${place === null ? '' : `<#${place}>에 `}표시될 뻔해서 가렸어요. ` +
    '실제 값이라면 에이전트가 읽을 수 있었다는 뜻이니, 값을 바꾸고 프로젝트에서 빼 주세요. 운영자 페이지(`/page`)에서 볼 수 있어요.',
  secretsRevealed: (by, place, kinds) =>
    `@${plain(by, 60)} 님이 ${named(place)}에서 가린 내용을 운영자 페이지에서 봤어요: ${kinds.join(', ')}.`,
  putFirst: (by, speaker, place) =>
    `@${plain(by, 60)} 님이 ${named(place)}의 @${plain(speaker, 60)} 님 요청을 대기열의 맨 앞에 두었어요.`,
  placeClosed: (place) =>
    `지금은 제가 ${named(place)}에 글을 쓸 수 없어요. 거기에 할 말은 쓸 수 있을 때까지 보관할게요.`,
}

function named(place: Place): string {
  return place.kind === 'dm' ? '개인 대화' : `<#${place.id}>`
}

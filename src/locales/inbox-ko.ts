import { inOneLine } from '../core/finding.ts'
import type { InboxPhrases } from '../core/inbox-phrases.ts'
import { plain } from '../core/markdown.ts'

/** What comes in, in Korean. */
export const koreanInbox: InboxPhrases = {
  restarted: (answer) => `이 작업 도중에 제가 재시작됐어요. 지금 상태는 이래요: ${answer}`,
  late: (answer, file) => (file ? `${answer}\n파일은 더 이상 보낼 수 없었어요. 명령을 다시 써 주세요.` : answer),
  full: () => '⚠ 지금은 더 받아 둘 수 없어요. 저장소에 쓸 수 없고 기다리는 것도 많아요. 나중에 다시 보내 주세요.',
  storeTrouble: ({ message }) =>
    `⚠ 지금은 아무것도 저장할 수 없어요: ${plain(message, 500)}\n들어오는 말은 제가 켜져 있는 동안 메모리에 두었다가, 다시 저장할 수 있게 되면 ` +
    '바로 이어서 처리할게요. 그 전에는 끄지 말아 주세요. 지금 상태는 `/health`로 볼 수 있어요.',
  nobodyCan: (found) =>
    `⚠ 지금은 아무도 저를 쓸 수 없어요: ${plain(inOneLine(found), 900)}\n몇 분마다 다시 확인할게요. 지금 상태는 \`/health\`로 볼 수 있어요.`,
  canAgain: (text, all) =>
    all
      ? `✓ 이제 다시 쓸 수 있어요. ${plain(text, 900)}`
      : `✓ ${plain(text, 900)}\n아직 다른 문제가 남아 있어요. \`/health\`로 볼 수 있어요.`,
  alert: (found) =>
    `⚠ ${plain(inOneLine(found), 900)}${found.stopsAll === true ? '\n그때까지는 아무도 저를 쓸 수 없어요.' : ''}`,
  alertOver: (text) => `✓ ${plain(text, 900)}`,
  editedLate: () =>
    '이미 시작한 뒤에 고치셔서 처음 내용대로 하고 있어요. 바뀐 점을 새로 쓰거나, `/steer`로 에이전트에게 바로 전해 주세요.',
  failed: () => '⚠ 이 메시지를 처리하다가 제 쪽에서 문제가 생겼어요. 다시 보내 주세요. 자세한 내용은 로그에 있어요.',
}

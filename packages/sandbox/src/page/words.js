// @ts-check
/**
 * The page's own words. They are written in English where they are used, and stand here in Korean. The language is that of
 * the person one is, else the browser's; what bots and people write is theirs, and is left as it is.
 */

/** @type {'en' | 'ko'} */
let language = 'en'

/** From now on in this language: a code of Discord's, or null for the browser's. @param {string | null | undefined} code */
export function speak(code) {
  language = (code ?? navigator.language).toLowerCase().startsWith('ko') ? 'ko' : 'en'
  document.documentElement.lang = language
}

/** What dates and lists are written in. */
export function spoken() {
  return language
}

/**
 * A text in the language of the page; `{0}`, `{1}` … are filled in.
 * @param {string} english
 * @param {...(string | number)} fill
 */
export function t(english, ...fill) {
  const text = language === 'ko' ? (ko[english] ?? english) : english
  return text.replaceAll(/\{(\d)\}/g, (_all, at) => String(fill[Number(at)] ?? ''))
}

/** What the host says: a text, or one for each language. @param {string | Record<string, string>} said */
export function ofHost(said) {
  return typeof said === 'string' ? said : (said[language] ?? said['en'] ?? '')
}

/** @type {Record<string, string>} */
const ko = {
  // app, page
  'Waiting for the sandbox to answer …': '샌드박스의 응답을 기다리고 있어요 …',
  'Go to': '이동',
  'in #{0}': '#{0} 안',
  'direct message': 'DM',
  'Try now': '지금 시도',
  'Connection lost. Reconnecting … ': '연결이 끊겼어요. 다시 연결하고 있어요 … ',
  'Connecting … ': '연결하고 있어요 … ',
  // chooser, commands
  Search: '검색',
  Choose: '선택',
  'Nothing fits': '맞는 것이 없어요',
  Cancel: '취소',
  value: '값',
  choose: '선택',
  ', required': ', 필수',
  required: '필수',
  optional: '선택 사항',
  'one of the list': '목록에서 선택',
  'at least {0}': '{0} 이상',
  'at most {0}': '{0} 이하',
  '{0} is required.': '{0}: 꼭 채워야 해요.',
  '{0}: choose one of the list.': '{0}: 목록에서 골라 주세요.',
  '{0} must be a {1}.': '{0}: 종류가 달라요. {1} 값이 필요해요.',
  '{0} is out of range.': '{0}: 범위를 벗어났어요.',
  '{0} needs at least {1} characters.': '{0}: {1}자 이상이어야 해요.',
  text: '글',
  'whole number': '정수',
  'yes or no': '예 또는 아니요',
  person: '사람',
  channel: '채널',
  role: '역할',
  'person or role': '사람 또는 역할',
  number: '숫자',
  file: '파일',
  True: '예',
  False: '아니요',
  Suggestions: '추천',
  'No such command': '그런 명령이 없어요',
  'Give up this command': '이 명령 그만두기',
  // components
  'Choose a person': '사람 선택',
  'Choose a role': '역할 선택',
  'Choose a person or role': '사람 또는 역할 선택',
  'Choose a channel': '채널 선택',
  // composer
  'Replying to ': '답장할 사람: ',
  'Editing your message. Enter saves, Esc leaves it as it was.':
    '메시지를 고치고 있어요. Enter로 저장하고 Esc로 취소해요.',
  'Remove {0}': '{0} 빼기',
  Message: '메시지',
  Write: '메시지 쓰기',
  'Write to {0}': '{0}에게 메시지 보내기',
  'Write in {0}': '{0}에 메시지 쓰기',
  ', or / for commands': ' (/는 명령)',
  'Attach files': '파일 첨부',
  Send: '보내기',
  // faults
  'Break the bot’s line': '봇의 연결 끊기',
  'Ask the bot to reconnect (op 7)': '봇에게 재연결 요청 (op 7)',
  'End the bot’s session (op 9)': '봇의 세션 끝내기 (op 9)',
  'Break every line, also mine': '내 연결까지 모두 끊기',
  'Refuse to resume, once': 'RESUME 한 번 거절',
  'Refuse new lines (502)': '새 연결 거절 (502)',
  'Swallow heartbeats': '하트비트 무시',
  'Every event twice': '모든 이벤트를 두 번씩',
  'Events 3 s late': '이벤트 3초 지연',
  '429 on the next 3 edits': '다음 수정 3번에 429',
  '500 on the next 2 posts': '다음 게시 2번에 500',
  'Lose the answer to the next post': '다음 게시의 응답 잃어버리기',
  'Hold the answer to the next post': '다음 게시의 응답 붙잡기',
  'Attachments gone (404)': '첨부 파일 없음 (404)',
  Faults: '장애',
  'What should go wrong? A switch strikes the bot alone unless it says otherwise.':
    '무엇을 고장 낼까요? 따로 적혀 있지 않으면 봇에게만 일어나요.',
  'Rate limits ': '요청 제한 ',
  'All faults off': '장애 모두 끄기',
  'Done: {0} struck.': '완료: {0}번 일어났어요.',
  'The sandbox refused: {0}': '샌드박스가 거절했어요: {0}',
  'no answer': '응답 없음',
  'struck {0}×': '{0}번 일어남',
  'Let {0} go': '{0}개 놓아주기',
  Off: '끄기',
  // header
  Channels: '채널',
  Sandbox: '샌드박스',
  Threads: '스레드',
  'New post': '새 게시물',
  'New thread': '새 스레드',
  'Reopen the thread': '스레드 다시 열기',
  'Archive the thread': '스레드 보관',
  'Light or dark': '밝게 또는 어둡게',
  Members: '멤버',
  'There is no thread here yet.': '여기에는 아직 스레드가 없어요.',
  // interactions, messages
  'The application did not respond.': '애플리케이션이 응답하지 않았어요.',
  Spoiler: '스포일러',
  Copy: '복사',
  Copied: '복사했어요',
  'In this conversation': '이 대화',
  People: '사람',
  Applications: '앱',
  'Write a direct message': 'DM 보내기',
  'Mention here': '여기에서 멘션',
  Command: '명령',
  'Copy the id': 'ID 복사',
  'thumbs up': '좋아요',
  'thumbs down': '싫어요',
  done: '완료',
  looking: '보는 중',
  heart: '하트',
  party: '축하',
  'A thread cannot be started inside a thread.': '스레드 안에서는 스레드를 시작할 수 없어요.',
  'Start a thread': '스레드 시작',
  Name: '이름',
  Start: '시작',
  'Add a reaction': '반응 추가',
  'Copy the text': '글 복사',
  Unpin: '고정 해제',
  Pin: '고정',
  Delete: '삭제',
  'added somebody.': '님이 누군가를 추가했어요.',
  'removed somebody.': '님이 누군가를 내보냈어요.',
  'changed the name: {0}': '님이 이름을 바꿨어요: {0}',
  'pinned a message.': '님이 메시지를 고정했어요.',
  'is here now.': '님이 들어왔어요.',
  'started a thread: {0}': '님이 스레드를 시작했어요: {0}',
  'Original message was deleted': '원래 메시지가 삭제됐어요',
  Attachment: '첨부 파일',
  ' used ': ' 님이 사용: ',
  '(edited)': '(수정됨)',
  APP: '앱',
  LOCKED: '잠김',
  ARCHIVED: '보관됨',
  'is thinking …': '님이 생각하고 있어요 …',
  'You are editing this message.': '이 메시지를 고치고 있어요.',
  Thread: '스레드',
  Dismiss: '닫기',
  'Only you can see this': '나에게만 보여요',
  'Only you can see this · ': '나에게만 보여요 · ',
  Reply: '답장',
  Edit: '수정',
  More: '더 보기',
  You: '나',
  'Not sent. {0} ': '보내지 못했어요. {0} ',
  'Try again': '다시 시도',
  'Back to the text box': '입력창으로 되돌리기',
  'Sending the command …': '명령을 보내고 있어요 …',
  'Sending …': '보내고 있어요 …',
  Messages: '메시지',
  'Newest messages ': '최신 메시지 ',
  'Reading …': '읽고 있어요 …',
  New: '새 메시지',
  'That message is further up than what is loaded.': '불러온 것보다 더 위에 있는 메시지예요.',
  'The thread begins here.': '스레드의 시작이에요.',
  'Your conversation begins here.': '대화의 시작이에요.',
  'The channel begins here.': '채널의 시작이에요.',
  // modal
  'the application': '애플리케이션',
  Submit: '보내기',
  '{0} Your words are still here.': '{0} 쓴 글은 그대로 있어요.',
  'This form goes to {0}. Do not write passwords here.': '이 양식은 {0}에 보내져요. 비밀번호를 쓰지 마세요.',
  // panel, standing
  'Controls of the host': '호스트 조작',
  'A Discord on this machine. Nothing leaves it.': '이 컴퓨터 안의 Discord예요. 아무것도 밖으로 나가지 않아요.',
  '{0}: done.': '{0}: 완료',
  '{0}: the sandbox did not answer.': '{0}: 샌드박스가 응답하지 않았어요.',
  '{0} messages checked, {1} wrong': '메시지 {0}개 검사, {1}개 잘못됨',
  'The first minute': '처음 1분',
  '{0} of {1}': '{1}개 중 {0}개',
  ' (done)': ' (완료)',
  // rest, session
  Refused: '거절됨',
  'The sandbox cannot be reached. It may have been stopped.': '샌드박스에 연결할 수 없어요. 멈췄을 수 있어요.',
  'The sandbox does not know this person any more. Reload the page.':
    '샌드박스가 이 사람을 더 이상 몰라요. 페이지를 새로 고쳐 주세요.',
  'Something in this page is wrong: {0}': '이 페이지에 문제가 있어요: {0}',
  // sidebar
  'Be somebody else': '다른 사람 되기',
  'You are {0}. Be somebody else': '지금은 {0} 님이에요. 다른 사람 되기',
  'This is you': '지금의 나',
  'Go to …': '이동 …',
  Places: '장소',
  'Write to somebody': '누군가에게 쓰기',
  'Direct messages': 'DM',
  ', {0} for you': ', 나에게 온 것 {0}개',
  ', unread': ', 읽지 않음',
  'Write to': '받는 사람',
  'Who do you want to be?': '누가 되어 볼까요?',
  Title: '제목',
  Post: '올리기',
  'Create thread': '스레드 만들기',
  Unknown: '알 수 없음',
  'Direct message': 'DM',
  'Invalid date': '잘못된 날짜',
  'Several people are typing …': '여러 사람이 입력하고 있어요 …',
  '{0} is typing …': '{0} 님이 입력하고 있어요 …',
  '{0} are typing …': '{0} 님이 입력하고 있어요 …',
}

/** What the echo agent answers when its prompt holds no script: enough sentences to see the answer grow. */
export function friendlyAnswer(prompt: string, turn: number): string {
  const quoted = prompt
    .trim()
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
  return /\p{Script=Hangul}/u.test(prompt) ? korean(quoted, turn) : english(quoted, turn)
}

function english(quoted: string, turn: number): string {
  const count = turn === 1 ? 'This is the first thing you say to me here.' : `We have spoken ${turn} times here now.`
  return [
    `You wrote:\n\n${quoted}`,
    `I am **echo**, the agent that needs no login. ${count} I answer a word at a time, so that you can see how an answer grows in one message.`,
    'A real agent would read your code now. I only do what I am told, a line each: `!slow 10s some words`, `!tool Bash npm test`, `!ask Bash rm -rf build`, `!change notes.md | some text`, `!question Which one? | this | that`, `!plan first this, then that`, `!withdraw Bash npm test`, `!attached`, `!fail`, `!hang`.',
  ].join('\n\n')
}

function korean(quoted: string, turn: number): string {
  const count = turn === 1 ? '여기서 처음 나누는 이야기예요.' : `여기서 벌써 ${turn}번째 이야기예요.`
  return [
    `이렇게 쓰셨어요:\n\n${quoted}`,
    `저는 로그인이 필요 없는 에이전트 **echo**예요. ${count} 답이 한 메시지 안에서 자라나는 모습을 볼 수 있게 한 낱말씩 답해요.`,
    '진짜 에이전트라면 지금 코드를 읽었을 거예요. 저는 한 줄에 하나씩 시키는 일만 해요: `!slow 10s 천천히 말하기`, `!tool Bash npm test`, `!ask Bash rm -rf build`, `!change notes.md | 몇 글자`, `!question 어느 것? | 이것 | 저것`, `!plan 먼저 이것, 다음에 저것`, `!withdraw Bash npm test`, `!attached`, `!fail`, `!hang`.',
  ].join('\n\n')
}

export const en = {
  commands: {},
  deeds: { 'approval.answer': 'answer an approval' },
  /** Forms with one field: 45 characters at most for a title or label, 100 for a placeholder. */
  deny: { title: 'Deny', label: 'Why not', placeholder: 'The agent reads this; it may be left empty' },
  change: { title: 'Change the plan', label: 'What to change', placeholder: 'The agent reads this' },
  /** The label is the question. */
  other: { title: 'Your answer', placeholder: 'The agent reads this' },
}

export const ko: typeof en = {
  commands: {},
  deeds: { 'approval.answer': '승인 요청에 답하는 것' },
  deny: { title: '거절', label: '거절하는 이유', placeholder: '에이전트가 읽어요. 비워 두어도 돼요' },
  change: { title: '계획 고치기', label: '고칠 점', placeholder: '에이전트가 읽어요' },
  other: { title: '직접 답하기', placeholder: '에이전트가 읽어요' },
}

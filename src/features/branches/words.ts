export const en = {
  commands: {},
  deeds: { 'branch.take': 'let in commits that change what other programs obey' },
  taken: '✓ It is on its branch now.',
  already: (by: string): string => `@${by} has let it in already: it is on its branch.`,
  movedOn: 'The session has committed more since: what stands below is what there is to decide about now.',
  left: 'It could not be brought over; the place says why. It is tried again after the next turn.',
  gone: 'That session has nothing to bring over any more.',
  notYours: 'Only owners of the place where the session lives may decide this. Ask one of them.',
  audited: (by: string, name: string): string =>
    `@${by} let in what **${name}** has committed to files that others obey.`,
}

export const ko: typeof en = {
  commands: {},
  deeds: { 'branch.take': '다른 프로그램이 따르는 파일을 바꾼 커밋을 들이는 것' },
  taken: '✓ 이제 브랜치에 있어요.',
  already: (by) => `@${by} 님이 이미 들였어요. 브랜치에 있어요.`,
  movedOn: '그사이 세션이 커밋을 더 했어요. 지금 정할 것은 아래에 있어요.',
  left: '가져오지 못했어요. 이유는 그곳에 적혀 있고, 다음 작업이 끝난 뒤 다시 시도할게요.',
  gone: '그 세션에서 가져올 것이 더는 없어요.',
  notYours: '세션이 있는 곳의 owner만 정할 수 있어요. owner에게 부탁해 주세요.',
  audited: (by, name) => `@${by} 님이 다른 프로그램이 따르는 파일을 바꾼 **${name}** 세션의 커밋을 들였어요.`,
}

export const en = {
  commands: {
    board: { description: 'Pin a message here that shows what runs, waits and asks in this channel', options: {} },
  },
  deeds: { board: 'put up a board' },
  stands: 'The board stands here and is kept current. Delete the message to remove it; `/board` moves it to the end.',
  later: 'Discord does not accept the board right now. I post it here as soon as it does.',
}

export const ko: typeof en = {
  commands: {
    board: { description: '이 채널에서 진행, 대기, 질문 중인 작업을 보여 주는 메시지를 고정해요', options: {} },
  },
  deeds: { board: '현황판을 거는 것' },
  stands: '현황판을 걸었어요. 계속 새로 고칠게요. 지우면 사라지고, `/board`를 다시 쓰면 맨 아래로 옮겨요.',
  later: '지금은 Discord에 현황판을 걸 수 없어요. 가능해지면 바로 걸게요.',
}

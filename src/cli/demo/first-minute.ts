import type { Standing, Watcher } from 'loopback-discord'

type Step = 'try' | 'diff' | 'kill' | 'ask' | 'alice'

const texts: Readonly<Record<Step, { readonly en: string; readonly ko: string }>> = {
  try: { en: 'Press “Try: fix the failing test”', ko: '“고치기: 실패하는 테스트”를 눌러 보세요' },
  kill: { en: 'Kill the bot while it answers', ko: '답하는 동안 봇을 죽여 보세요' },
  diff: { en: 'Type /diff: what has changed?', ko: '/diff로 무엇이 바뀌었는지 보세요' },
  ask: { en: 'Write !ask Bash npm test, and approve it', ko: '!ask Bash npm test라고 쓰고 승인해 보세요' },
  alice: { en: 'Become Alice, at the top left, and write', ko: '왼쪽 위에서 Alice가 되어 글을 써 보세요' },
}

/** The steps of a newcomer, ticked off by what Discord tells the bot. */
export class FirstMinute implements Watcher {
  readonly #done = new Set<Step>()

  did(step: Step): void {
    this.#done.add(step)
  }

  steps(): Standing['steps'] {
    return (Object.keys(texts) as Step[]).map((step) => ({ text: texts[step], done: this.#done.has(step) }))
  }

  exchange(): void {}

  dispatch(name: string, data: unknown, toBot: boolean): void {
    if (!toBot) return
    const said = data as Said
    if (name === 'INTERACTION_CREATE') {
      if (said.data?.name === 'diff') this.did('diff')
      if (said.data?.custom_id?.startsWith('approvals:') === true) this.did('ask')
    }
    const author = name === 'MESSAGE_CREATE' ? said.author : (said.member?.user ?? said.user)
    if (author?.username === 'alice') this.did('alice')
  }

  report(): object {
    return {}
  }
}

interface Said {
  readonly author?: { readonly username?: string }
  readonly user?: { readonly username?: string }
  readonly member?: { readonly user?: { readonly username?: string } }
  readonly data?: { readonly name?: string; readonly custom_id?: string }
}

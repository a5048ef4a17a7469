import type { Standing, Watcher } from 'loopback-discord'

type Step = 'try' | 'diff' | 'kill' | 'ask' | 'alice'

const texts: Readonly<Record<Step, string>> = {
  try: 'Press “Try: fix the failing test”',
  kill: 'Kill the bot while it answers',
  diff: 'Type /diff: what has changed?',
  ask: 'Write !ask Bash npm test, and approve it',
  alice: 'Become Alice, at the top left, and write',
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

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { Actor } from 'loopback-discord'
import { patienceMs } from '../patience.ts'

interface Person {
  readonly user: { readonly id: string; readonly username: string; readonly bot?: boolean }
  readonly token: string
}

/** What a newcomer does at a demo's page, over the same connections: a session, an answer that grows, a kill -9. */
export async function firstAnswer(url: string): Promise<void> {
  const people = (await (await fetch(`${url}/sandbox/people`)).json()) as readonly Person[]
  const olivia = people.find(({ user }) => user.username === 'olivia')
  assert.ok(olivia, 'the demo has an owner')
  const looking = await Actor.connect(url, olivia.token, '')
  const welcome = await looking.sees('general', /Welcome/)
  looking.close()
  const actor = await Actor.connect(url, olivia.token, welcome.author.id)
  try {
    await commandsOf(actor)
    const started = await actor.runs('general', '/session start', { name: 'shop', runtime: 'echo' })
    assert.match((await started.settled()).content, /\*\*shop\*\*/)
    await actor.says('general', '!slow 3s one two three four five six seven')
    await actor.sees('general', (message) => message.author.bot && message.content.startsWith('one two'))
    assert.equal((await fetch(`${url}/sandbox/controls/kill`, { method: 'POST' })).status, 204)
    const whole = /one two three four five six seven/
    await actor.sees('general', (message) => message.author.bot && whole.test(message.content), { within: patienceMs })
    const answers = (await actor.messages('general')).filter(
      ({ author, content }) => author.bot && /one two/.test(content),
    )
    assert.equal(answers.length, 1, actor.story('general'))
  } finally {
    actor.close()
  }
}

/** The bot registers its commands just after it has connected. */
async function commandsOf(actor: Actor): Promise<void> {
  const deadline = Date.now() + patienceMs
  while ((await actor.commands('general')).length === 0) {
    assert.ok(Date.now() < deadline, 'the bot registered no commands')
    await delay(50)
  }
}

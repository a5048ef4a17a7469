import assert from 'node:assert/strict'
import type { Watcher } from 'loopback-discord'
import type { Stage } from './stage.ts'

/** A server that Discord has an outage of, or that puts the bot out: it is away, and comes back as it was. */
export class Server implements Watcher {
  #greeting: object | null = null
  readonly #stage: () => Stage

  constructor(stage: () => Stage) {
    this.#stage = stage
  }

  /** Keeps how Discord greets the bot with this server. */
  dispatch(name: string, data: unknown, toBot: boolean): void {
    if (toBot && name === 'GUILD_CREATE') this.#greeting ??= structuredClone(data as object)
  }

  exchange(): void {}
  report(): object {
    return {}
  }

  goes(unavailable: boolean): void {
    const { guildId: id } = this.#stage().sandbox
    this.#tell('GUILD_DELETE', unavailable ? { id, unavailable } : { id })
  }

  comes(): void {
    assert.ok(this.#greeting !== null)
    this.#tell('GUILD_CREATE', this.#greeting)
  }

  #tell(name: string, data: object): void {
    const { world, bot } = this.#stage().sandbox
    world.emit({ name, data, audience: { users: [bot.id] }, intents: 0 })
  }
}

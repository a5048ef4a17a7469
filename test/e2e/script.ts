import type { Stage } from './stage.ts'

/** How a story is told to one runtime: its agent does what the prompt says. */
export interface Script extends AsyncDisposable {
  readonly runtime: string
  /** What the bot needs for it. */
  readonly env: Readonly<Record<string, string>>
  /** Says the text at once. */
  say(text: string): string
  /** Says the text word by word over that many seconds. */
  slow(text: string, seconds: number): string
  /** Says all of the text but its last word at once, and that when `stage` is told to open it. */
  held(stage: Stage, text: string): { readonly prompt: string; open(): void }
  /**
   * Works with a tool for some seconds or until `ends` is called, then says the text. `shows`: what the card shows
   * meanwhile.
   */
  tool(stage: Stage, text: string): { readonly prompt: string; readonly shows: string; ends(): void }
  /** Asks a person for leave to do something harmless, and does it. `what` stands in the question, `done` in the answer. */
  asks(text: string): { readonly prompt: string; readonly what: string; readonly done: string }
  /** How often the agent's model was asked something with this text; null where there is no model. */
  asked(text: string): number | null
}

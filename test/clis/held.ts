import type { Script } from '../e2e/script.ts'
import { scripted } from '../models/script.ts'

/**
 * The stream stands still before its last piece until it is told to go on. A model cuts an answer by letters, not by
 * words, so there may be fewer pieces than words.
 */
export function held(model: { gate(name: string): { open(): void } }, text: string): ReturnType<Script['held']> {
  const chunks = text.split(' ').length
  const letters = Array.from(text).length
  const pieces = Math.ceil(letters / Math.ceil(letters / chunks))
  const name = `held: ${text}`
  return { prompt: scripted([{ text, chunks, gate: { name, at: pieces - 1 } }]), open: () => model.gate(name).open() }
}

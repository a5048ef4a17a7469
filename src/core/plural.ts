import { exact } from './figures.ts'

/** A count with its noun, in English: `1 step`, `9 steps`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${exact(count)} ${count === 1 ? one : many}`
}

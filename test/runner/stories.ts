import { join } from 'node:path'

/** So many stories of a file are told at once: the bots, agents and people of each want a core. */
export const storiesAtOnce = 3

/**
 * What a file declares a suite with. Of stories that stand side by side (`concurrency: true`) those behind the first few begin
 * when they are let on, not before: nobody's time runs while they wait for their turn.
 */
export function inTurn(file: string, args: readonly unknown[]): readonly unknown[] {
  if (!file.startsWith(join('test', 'e2e'))) return args
  return args.map((each) =>
    typeof each === 'object' && each !== null && Reflect.get(each, 'concurrency') === true
      ? { ...each, concurrency: storiesAtOnce }
      : each,
  )
}

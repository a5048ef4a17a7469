/** One thing the echo agent is told to do by a line of its prompt. */
export type Step =
  | { readonly do: 'say'; readonly text: string; readonly overMs: number }
  | { readonly do: 'tool'; readonly tool: string; readonly title: string; readonly asks: boolean }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'fail'; readonly message: string }
  | { readonly do: 'flood'; readonly bytes: number }
  | { readonly do: 'daemon'; readonly seconds: number }
  | { readonly do: 'hang' | 'die' | 'env' | 'files' | 'recall' }

const units: Readonly<Record<string, number>> = { '': 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** The steps in a prompt, one for each line that begins with `!` and a known word; other lines are only text. */
export function stepsIn(prompt: string): readonly Step[] {
  return prompt.split('\n').flatMap((line) => stepOf(line.trim()) ?? [])
}

function stepOf(line: string): Step | null {
  // In a channel the first line begins with who speaks.
  const [, word, rest = ''] = /^(?:\[@[^\]]*\]: )?!([a-z]+)(?:\s+(.*))?$/.exec(line) ?? []
  switch (word) {
    case 'say':
      return { do: 'say', text: rest, overMs: 0 }
    case 'slow': {
      const [, seconds = '2', text = rest] = /^(\d+(?:\.\d+)?)s\s+(.*)$/.exec(rest) ?? []
      return { do: 'say', text, overMs: Number(seconds) * 1000 }
    }
    case 'tool':
    case 'ask': {
      const [tool = 'Bash', ...title] = rest.split(' ')
      return { do: 'tool', tool, title: title.join(' '), asks: word === 'ask' }
    }
    case 'read':
      return { do: 'read', path: rest }
    case 'fail':
      return { do: 'fail', message: rest === '' ? 'told to fail' : rest }
    case 'flood': {
      const [, amount = '1', unit = 'MB'] = /^(\d+)\s*([KMG]B)?$/.exec(rest) ?? []
      return { do: 'flood', bytes: Number(amount) * (units[unit] ?? 1) }
    }
    case 'daemon':
      return { do: 'daemon', seconds: Number.parseInt(rest, 10) || 60 }
    case 'hang':
    case 'die':
    case 'env':
    case 'files':
    case 'recall':
      return { do: word }
    default:
      return null
  }
}

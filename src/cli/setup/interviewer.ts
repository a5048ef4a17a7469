import { Problem } from '../../core/failure.ts'

/** One of the answers that there are. */
export interface SetupAnswer {
  readonly value: string
  readonly label: string
}

/** Something that only a person knows. */
export interface SetupQuestion {
  readonly text: string
  /** The flag that answers it, for scripts. */
  readonly flag: string
  /** What is taken when nobody says otherwise; null: somebody has to. */
  readonly usual: string | null
}

/** Whom `setup` asks: a person at a terminal, or nobody. Rejects with a `refused` problem when no answer is to be had. */
export interface Interviewer {
  /** Whether somebody is there, to whom a question may be put again. */
  readonly isThere: boolean
  choose(question: SetupQuestion, answers: readonly SetupAnswer[]): Promise<string>
  write(question: SetupQuestion): Promise<string>
  /** What is typed is not shown. */
  writeSecret(question: SetupQuestion): Promise<string>
}

/** Nobody is there: what is usual is taken. */
export const nobody: Interviewer = {
  isThere: false,
  choose: async (question, answers) => {
    if (question.usual !== null) return question.usual
    const known = answers.map(({ label }) => label).join(', ')
    throw new Problem('refused', `${question.text} Say it with ${question.flag}${known === '' ? '' : `: ${known}`}.`)
  },
  write: async (question) => usualOf(question),
  writeSecret: async (question) => usualOf(question),
}

function usualOf({ text, flag, usual }: SetupQuestion): string {
  if (usual !== null) return usual
  throw new Problem('refused', `${text} Say it with ${flag}.`)
}

/** A form that somebody fills in: five fields at most. */
export interface Form {
  readonly title: string
  readonly fields: readonly FormField[]
}

/** A field to write in: 45 characters at most for its label, 100 for its placeholder. */
export interface FormField {
  /** By which it comes back; `wordsField` is what `Press.text` holds. */
  readonly name: string
  readonly label: string
  readonly placeholder: string
  readonly required: boolean
  readonly long: boolean
  /** What stands there already; left out: nothing. */
  readonly value?: string
}

/** The words of a form with one field. */
export interface FormWords {
  readonly title: string
  readonly label: string
  readonly placeholder: string
}

/** The name of the only field of most forms. */
export const wordsField = 'text'

/** A form with one field for words. */
export function formOf({ title, ...words }: FormWords, required: boolean): Form {
  return { title, fields: [{ name: wordsField, ...words, required, long: true }] }
}

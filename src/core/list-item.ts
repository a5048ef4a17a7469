/** One thing in a list, in Discord markdown, with the button that acts on it. */
export interface ListItem<Button> {
  readonly text: string
  readonly button?: Button
}
